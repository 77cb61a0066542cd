"""Service quality (质检): rules that quote their evidence."""
