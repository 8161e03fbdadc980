# The suite with all it needs, for CI:
#
#   docker build -f docker/ci.Dockerfile -t mptcp-conformance .
#   docker run --rm --privileged mptcp-conformance run
#   docker run --rm --privileged --pid=host -v /var/run/docker.sock:/var/run/docker.sock mptcp-conformance run --sut docker
#
# The kernel that is judged is that of the machine: privileges are for namespaces, devices and raw sockets inside. Less than
# --privileged does, too: --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add NET_RAW --security-opt seccomp=unconfined
# --security-opt systempaths=unconfined, and where there is AppArmor --security-opt apparmor=unconfined.
FROM debian:trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates g++ gcc libc6-dev make nodejs npm python3
WORKDIR /opt/mptcp-conformance
COPY . .
RUN npm ci --no-audit --no-fund \
 && make -s -C docker/agent \
 && node scripts/bootstrap.mjs build

FROM debian:trixie
RUN apt-get update \
 && apt-get install -y --no-install-recommends iproute2 nodejs util-linux \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/mptcp-conformance /opt/mptcp-conformance
WORKDIR /work
ENTRYPOINT ["node", "/opt/mptcp-conformance/bin/mptcp-conformance.mjs"]
CMD ["run"]
