# memnet with ngspice, for podman or docker: docs/install.md says how, scripts/try_container.py builds it and tries it.
#
# Installed as `make setup` does it, without the extra for tests: a virtual environment, the package with the extra
# embedded, and ngspice with KLU by `memnet engines --install`. --build-arg PACKAGES=g++ adds the compiler with which
# the numeric engine compiles its kernels (several times faster than NumPy, and 200 MB larger).

FROM debian:bookworm-slim

ARG PACKAGES=""
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends ca-certificates python3 python3-venv $PACKAGES \
 && rm -rf /var/lib/apt/lists/*

COPY pyproject.toml README.md LICENSE /opt/memnet/source/
COPY memnet /opt/memnet/source/memnet
COPY templates /opt/memnet/source/templates
COPY docs/schematics/pair.svg /opt/memnet/source/docs/schematics/pair.svg

# The lists of packages are read and removed in one step, so that no layer holds them.
RUN python3 -m venv /opt/memnet/venv \
 && /opt/memnet/venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check '/opt/memnet/source[embedded]' \
 && rm -rf /opt/memnet/source \
 && apt-get update -q \
 && /opt/memnet/venv/bin/memnet engines --install \
 && rm -rf /var/lib/apt/lists/*

ENV PATH=/opt/memnet/venv/bin:/opt/memnet/venv/ngspice/usr/bin:$PATH

# Results go into this folder: mount one of yours over /home/memnet/out to keep them.
RUN useradd --create-home --uid 1000 memnet \
 && mkdir /home/memnet/out \
 && chown memnet:memnet /home/memnet/out
USER memnet
WORKDIR /home/memnet

ENTRYPOINT ["memnet"]
CMD ["--help"]
