# Throughline on a server: Airflow, the package, dbt and the checks in one image; see docs/server.md.
# The code belongs to root and nobody can change it; what is written lies in the volumes.
ARG PYTHON=3.12-slim-trixie

FROM python:${PYTHON} AS build
RUN python -m venv /opt/venv
COPY requirements-server.lock /opt/throughline/
# Every file checked against its hash, nothing resolved anew; bytecode in advance, because a
# read-only root cannot keep it later.
RUN /opt/venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check \
      --no-compile --no-deps --require-hashes --only-binary :all: \
      -r /opt/throughline/requirements-server.lock \
 && { /opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib >/dev/null || true; }
WORKDIR /opt/throughline
COPY pyproject.toml README.md LICENSE ./
COPY plugins plugins
RUN /opt/venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check \
      --no-deps --no-build-isolation --editable . \
 && /opt/venv/bin/python -m pip check \
 && /opt/venv/bin/python -m compileall -q plugins
COPY dags dags
COPY dbt_project dbt_project
COPY expectations expectations
COPY throughline.yml ./

FROM python:${PYTHON}
# A named volume takes over owner and mode of the folder it is mounted on, so the folders exist here.
RUN groupadd --gid 10001 throughline \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/throughline \
      --shell /usr/sbin/nologin throughline \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/throughline /var/log/throughline
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/throughline /opt/throughline
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    AIRFLOW_HOME=/run/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/throughline/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/throughline/plugins \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/var/log/throughline \
    AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY=/var/log/throughline/dag_processor \
    THROUGHLINE_CONFIG=/opt/throughline/throughline.yml \
    THROUGHLINE_HOME=/var/lib/throughline \
    XDG_CACHE_HOME=/tmp/cache \
    XDG_CONFIG_HOME=/tmp/config \
    XDG_DATA_HOME=/tmp/data \
    DBT_SEND_ANONYMOUS_USAGE_STATS=False \
    GX_ANALYTICS_ENABLED=False \
    DO_NOT_TRACK=1
WORKDIR /opt/throughline
USER 10001:10001
ENTRYPOINT []
CMD ["throughline", "--help"]
