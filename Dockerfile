# Baton as one image: the observer and its dashboard, without tests, pip and the practice cluster.
# It runs as any user, with a read-only root; only $BATON_DATA and /tmp are written to.
# For several architectures: docker buildx build --platform linux/amd64,linux/arm64 .

# The index of all architectures. A newer one: tag and digest together, here and in the labels below.
FROM python:3.13.16-slim-trixie@sha256:70729b46c69b4f1e97c4822c1af3df53a1476cf5ddc6c087c0c10bc3a5678c2f AS base

# Wheels only: nothing is compiled, so that each architecture is built alike.
FROM base AS packages
COPY requirements/run.txt deploy/image/slim.py /
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --no-compile --no-input \
        --disable-pip-version-check --only-binary :all: --require-hashes -r /run.txt \
    && find /venv/bin -mindepth 1 ! -name 'python*' -delete \
    && python /slim.py packages /venv/lib/python3.*/site-packages

# What the image holds, as CycloneDX has it; the tool that finds out stays behind in this stage.
FROM packages AS listed
COPY requirements/sbom.txt /
RUN python -m venv --without-pip /sbom \
    && pip --python /sbom/bin/python install --no-cache-dir --no-compile --no-input \
        --disable-pip-version-check --only-binary :all: --require-hashes -r /sbom.txt
COPY pyproject.toml deploy/image/sbom.py /
COPY static/vendor /vendor
RUN /sbom/bin/python /sbom.py --python /venv/bin/python --project /pyproject.toml \
        --dpkg /var/lib/dpkg/status --vendored /vendor --out /sbom.cdx.json

FROM base AS assembled
COPY --from=packages /venv /venv
WORKDIR /app
COPY pyproject.toml manage.py ./
COPY dashboard dashboard
COPY eventstream eventstream
COPY static static
COPY terminal terminal
COPY templates templates
COPY deploy/image/slim.py /
# The settings make a key on their first start; the one made here is deleted again. pip goes last.
# Whoever it runs as reads it, whatever the umask was where it was cloned.
RUN BATON_DATA=/scratch BATON_STATIC_ROOT=/static /venv/bin/python -B manage.py collectstatic --noinput \
    && /venv/bin/python -B /slim.py compile /app \
    && python -B /slim.py interpreter /usr/local \
    && python -B /slim.py system / \
    && rm -r /scratch /slim.py \
    && chmod -R a+rX /app /static /venv
COPY --from=listed /sbom.cdx.json /

# The SBOM alone: docker build --target sbom --output . .
FROM scratch AS sbom
COPY --from=listed /sbom.cdx.json /

# All files in one layer, so that what was deleted takes no room; directories to write to come after it.
FROM scratch
COPY --from=assembled / /
WORKDIR /app
# A home for a user whom no passwd file knows: kubernetes.aio asks for one when it is imported.
ENV HOME=/tmp \
    LANG=C.UTF-8 \
    PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BATON_DATA=/data \
    BATON_STATIC_ROOT=/static \
    BATON_SIGN_IN=token
RUN install -d -m 1777 /tmp && install -d -o 10001 -g 0 -m 0770 /data
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="Baton" \
      org.opencontainers.image.description="Watches a Kubernetes cluster, read-only, and explains who did what, in which order and why." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="python:3.13.16-slim-trixie" \
      org.opencontainers.image.base.digest="sha256:70729b46c69b4f1e97c4822c1af3df53a1476cf5ddc6c087c0c10bc3a5678c2f"
# By number, so that Kubernetes can tell that it is not root. OpenShift puts one of its own there.
USER 10001:0
EXPOSE 8000
# Kubernetes has its own probes. This one asks where Baton says that it serves.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-m", "eventstream.healthcheck"]
ENTRYPOINT ["python", "manage.py"]
CMD ["observe", "--host", "0.0.0.0", "--port", "8000"]
