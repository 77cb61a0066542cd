"""Carries alerts from Alertmanager to the group robots of WeCom, DingTalk and Feishu."""
