# Baton as one image: the observer and its dashboard, without the tests and the practice cluster.
# It runs as any user, with a read-only root; only $BATON_DATA and /tmp are written to.

FROM python:3.13-slim AS packages
COPY requirements/run.txt /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-input --require-hashes -r /run.txt

FROM packages AS static
WORKDIR /app
COPY manage.py ./
COPY dashboard dashboard
COPY eventstream eventstream
COPY static static
COPY templates templates
# The settings make a key on their first start; the one made here stays behind in this stage.
RUN BATON_DATA=/scratch BATON_STATIC_ROOT=/static /venv/bin/python manage.py collectstatic --noinput \
    && /venv/bin/python -m compileall -q /app

FROM python:3.13-slim
COPY --from=packages /venv /venv
COPY --from=static /app /app
COPY --from=static /static /static
RUN install -d -o 10001 -g 0 -m 0770 /data
WORKDIR /app
# A home for a user whom no passwd file knows: kubernetes.aio asks for one when it is imported.
ENV HOME=/tmp \
    PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BATON_DATA=/data \
    BATON_STATIC_ROOT=/static \
    BATON_SIGN_IN=token
# By number, so that Kubernetes can tell that it is not root. OpenShift puts one of its own there.
USER 10001:0
EXPOSE 8000
ENTRYPOINT ["python", "manage.py"]
CMD ["observe", "--host", "0.0.0.0", "--port", "8000"]
