# shellcheck shell=bash disable=SC2034
# The system tests source this file: programs that run beside a test, from its start to the end of the test.
# It sets `root`, the project, and `state`, a folder that is removed at the end.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
programs=${CARGO_TARGET_DIR:-$root/target}/debug
cache=$root/target/system
moto=5.2.5
aws_sam_cli=1.170.0
cargo_lambda=1.9.2
cfn_lint=1.58.0
ziglang=0.17.1
seconds_to_start=60

state=$(mktemp -d)
running=()
trap 'stop' EXIT
trap 'exit 130' INT TERM

# install_debian COMMAND PACKAGE …: installs the packages unless the command exists.
install_debian() {
    if command -v "$1" >/dev/null; then return; fi
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" \
        apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
}

install_node_modules() {
    (cd "$root/tests/system" && npm ci --no-audit --no-fund --loglevel=error)
}

# install_python_packages FOLDER PACKAGE …: makes a virtual environment, once. The folder's name contains the versions, so
# that a new version never runs in an old environment.
install_python_packages() {
    if [ -e "$1/complete" ]; then return; fi
    rm -rf "$1"
    mkdir -p "$cache"
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check "${@:2}"
    touch "$1/complete"
}

# Sets `moto_environment`.
install_moto() {
    moto_environment=$cache/moto-$moto
    install_python_packages "$moto_environment" "moto[server,cloudfront,kms,s3,secretsmanager]==$moto"
}

# Sets `emulator`, AWS's Runtime Interface Emulator, which AWS publishes inside this package: the test uses one
# file of it, without the package's dependencies. Run it after install_moto, whose pip it uses.
install_emulator() {
    emulator=$cache/emulator-$aws_sam_cli
    if [ -x "$emulator" ]; then return; fi
    local machine=arm64
    if [ "$(uname -m)" = x86_64 ]; then machine=x86_64; fi
    "$moto_environment/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$state" "aws-sam-cli==$aws_sam_cli"
    python3 -m zipfile -e "$state"/aws_sam_cli-*.whl "$state/package"
    install -D "$state/package/samcli/local/rapid/aws-lambda-rie-$machine" "$emulator"
}

# Sets `sam_environment`, with cfn-lint beside the AWS SAM CLI.
install_sam() {
    sam_environment=$cache/sam-$aws_sam_cli-$cfn_lint
    install_python_packages "$sam_environment" "aws-sam-cli==$aws_sam_cli" "cfn-lint==$cfn_lint"
}

# Sets `cargo_lambda_environment`. A build like `sam build` needs its `bin` on the PATH.
install_cargo_lambda() {
    cargo_lambda_environment=$cache/cargo-lambda-$cargo_lambda
    install_python_packages "$cargo_lambda_environment" "cargo-lambda==$cargo_lambda" "ziglang==$ziglang"
}

# With the test `aws`, so that dependencies have the same features as in `cargo test --workspace`. Without a test, cargo
# leaves out the features that only tests need, and compiles these dependencies and all that uses them once more.
build() {
    (cd "$root" && cargo build --workspace --bins --test aws --locked)
}

# start_edge [ARGUMENT …]: sets `origin`. The player page finds hls.js and shaka-player in the state folder. If `hostile`
# is empty, playlists may have names that AWS is reported to reject.
start_edge() {
    local library
    for library in node_modules/{hls.js/dist/hls.min.mjs,shaka-player/dist/shaka-player.dash-es2021.js}; do
        if [ -e "$root/tests/system/$library" ]; then install -D -m 644 "$root/tests/system/$library" "$state/$library"; fi
    done
    start edge "$programs/usher" serve ${hostile---hostile} --listen 127.0.0.1:0 --bucket-listen 127.0.0.1:0 --state "$state" "$@"
    # The second of its two lines: when it is there, the first one is too.
    wait_for edge 's/^bucket on //p'
    wait_for edge 's/^listening on //p'
    origin=$told
}

# Sets `endpoint`.
start_moto() {
    start moto "$moto_environment/bin/moto_server" -H 127.0.0.1 -p 0
    wait_for moto 's/.*Running on \(http:[0-9.:/]*\).*/\1/p'
    endpoint=$told
}

# start_emulator NAME PROGRAM: runs a program under the Runtime Interface Emulator; sets `emulator_address`. The
# environment contains the function and its settings.
start_emulator() {
    emulator_address=127.0.0.1:$(free_port)
    start "$1" "$emulator" --runtime-interface-emulator-address "$emulator_address" \
        --runtime-api-address "127.0.0.1:$(free_port)" "$2"
    wait_for "$1" 's/.*(rapid) exec.*/listening/p'
}

free_port() {
    node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })"
}

# start NAME COMMAND …: runs a command in the background until the test ends.
start() {
    local name=$1
    shift
    : >"$state/$name.log"
    # No input: some programs read it, and would take over the terminal.
    (cd "$root" && exec "$@") </dev/null >>"$state/$name.log" 2>&1 &
    running+=("$name:$!")
}

# wait_for NAME SED_SCRIPT: waits until the script prints something from the output of the program that was
# started last; sets `told` to it.
wait_for() {
    local log=$state/$1.log
    for _ in $(seq $((seconds_to_start * 10))); do
        told=$(sed -n "$2" "$log" | head -n 1)
        if [ -n "$told" ]; then return; fi
        kill -0 "${running[-1]##*:}" 2>/dev/null || break
        sleep 0.1
    done
    echo "error: $1 did not start within $seconds_to_start s" >&2
    exit 1
}

stop() {
    local code=$? program
    for program in "${running[@]}"; do
        local name=${program%:*} id=${program##*:}
        if ! kill "$id" 2>/dev/null; then
            echo "error: $name had ended before the test did" >&2
            code=1
        fi
        wait "$id" 2>/dev/null || true
        if [ "$code" -ne 0 ]; then tail -n 40 "$state/$name.log" | sed "s/^/$name: /" >&2; fi
    done
    rm -rf "$state"
    exit "$code"
}
