# The kefu command. Written without a container engine at hand: see docker-compose.yml.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE requirements.lock ./
COPY schemas schemas
COPY pipeline pipeline
COPY agents agents
COPY kefu kefu
COPY config config
RUN python -m venv /venv \
    && sed -e 's/ *\\$//' -e '/^ *--hash/d' -e '/^ *#/d' requirements.lock > /tmp/constraints.txt \
    && /venv/bin/pip install --no-cache-dir -c /tmp/constraints.txt .
# Converted here once; the user of the image has no home to keep it in.
RUN XDG_CACHE_HOME=/venv/cache /venv/bin/python -c \
    'from agents.sentiment_model import default_scorer; default_scorer()'

FROM python:3.12-slim
RUN useradd --system --uid 10001 kefu
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 XDG_CACHE_HOME=/venv/cache
USER 10001
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9108/healthz', timeout=4)"]
ENTRYPOINT ["kefu"]
CMD ["--help"]
