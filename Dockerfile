# The emulator as an image. docs/container.md shows how to build and run it.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
# Any of tls, postgresql, demo, hypothesis and contract, separated by commas.
ARG EXTRAS=tls,postgresql,demo
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY ccell_fake ccell_fake
COPY fixtures fixtures
COPY mock_server mock_server
COPY pytest_plugin pytest_plugin
RUN python -m venv /opt/ccell-fake && \
    /opt/ccell-fake/bin/python -m pip install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}" && \
    mkdir /data

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="ccell-fake" \
      org.opencontainers.image.description="Emulator of the CCell SMS gateway for development and tests" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/ccell-fake /opt/ccell-fake
# The default store is memory, so that each container starts empty. A volume here keeps a store. It gets this owner. There
# is no VOLUME, as it would leave an empty volume behind for each container that keeps nothing.
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/ccell-fake/bin:$PATH \
    CCELL_FAKE_HOST=0.0.0.0
# A folder with ccell.toml can be mounted here.
WORKDIR /data
# A number, so that Kubernetes can see that it is not root. Any other user works, too.
USER 10001:10001
EXPOSE 8026
# The programs run without a shell.
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --start-interval=1s \
    CMD ["ccell-fake", "ready", "--timeout", "5"]
ENTRYPOINT ["ccell-fake"]
CMD ["serve"]
