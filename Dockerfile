FROM python:3.11-slim AS libraries
COPY requirements/runtime.txt /
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /runtime.txt

FROM python:3.11-slim
# The volume takes over the owner of /data, so that the bot can write there without being root.
RUN install --directory --owner=10001 --group=10001 --mode=700 /data
COPY --from=libraries /opt/venv /opt/venv
WORKDIR /app
COPY storage storage
COPY bot bot
COPY cogs cogs
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data
USER 10001:10001
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os; from urllib.request import urlopen; urlopen('http://127.0.0.1:' + (os.environ.get('HTTP_PORT') or '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
