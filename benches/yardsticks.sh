#!/usr/bin/env bash
# The yardsticks of lists and of many certificates, both sides in one run, in a release build.
#
#   benches/yardsticks.sh [--runs N] [--folder DIR]     prints tables for docs/reference/performance.md
#
# Needs openssl and GNU time. The files are made from the emulation authorities at the first run and kept in the folder.
# The sides take turns, so that a busy machine is busy for both. Times are those of whole processes, reading included;
# the fastest run counts, the other times are noise of the machine.
set -euo pipefail

runs=10
folder=${TMPDIR:-/tmp}/cpskit-yardsticks
while [ $# -gt 0 ]; do
    case $1 in
        --runs) runs=$2 ;;
        --folder) folder=$2 ;;
        *) echo "usage: $0 [--runs N] [--folder DIR]" >&2; exit 2 ;;
    esac
    shift 2
done

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
cargo build --locked --release --quiet --bin cpskit
yardsticks=$(cargo build --locked --release --quiet --bench yardsticks --message-format json |
    sed -n 's/.*"name":"yardsticks".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
cpskit=$root/${CARGO_TARGET_DIR:-target}/release/cpskit
[ -f "$folder/leaves.pem" ] || "$yardsticks" make "$folder"
cd "$folder"
export XDG_CONFIG_HOME=/nonexistent

# Names and commands of the sides, then `measure`: milliseconds and kilobytes of each side's fastest run.
names=()
commands=()
side() { names+=("$1"); shift; commands+=("$*"); }
measure() {
    local run at line
    for at in "${!names[@]}"; do : >"times.$at"; done
    for run in $(seq "$1"); do
        for at in "${!names[@]}"; do
            # shellcheck disable=SC2086
            before=${EPOCHREALTIME/[.,]/}
            /usr/bin/time -o spent -f '%U %S %M' ${commands[$at]} >/dev/null 2>&1 ||
                { echo "failed: ${commands[$at]}" >&2; exit 1; }
            after=${EPOCHREALTIME/[.,]/}
            read -r user system memory < <(tail -1 spent)
            echo "$((after - before)) $user $system $memory" >>"times.$at"
        done
    done
    echo
    echo "| Side | Fastest (ms) | Processor (ms) | Memory (MiB) | Times the first |"
    echo "|---|---|---|---|---|"
    first=
    for at in "${!names[@]}"; do
        line=$(sort -n "times.$at" | head -1)
        read -r wall user system memory <<<"$line"
        first=${first:-$wall}
        awk -v name="${names[$at]}" -v wall="$wall" -v user="$user" -v kernel="$system" -v memory="$memory" -v first="$first" \
            'BEGIN { printf "| %s | %.1f | %.0f | %.0f | %.2f |\n", name, wall / 1000, (user + kernel) * 1000, memory / 1024, wall / first }'
    done
    names=()
    commands=()
}

verify="$cpskit cert verify --offline --trust root.pem --untrusted ca.pem --revocation-scope leaf"
echo "$(nproc) cores, $(openssl version | cut -d' ' -f1,2), fastest of $runs runs:"

echo; echo "One certificate, a list of 1,000,000 entries ($(stat -c %s million.crl) bytes):"
side "openssl dgst -sha256" openssl dgst -sha256 million.crl
side "cpskit cert verify" $verify --crl million.crl leaf.pem
side "rustls-webpki, borrowed" "$yardsticks" webpki . million.crl
measure "$runs"
side "openssl verify -crl_check" openssl verify -crl_check -CAfile root.pem -untrusted ca.pem -CRLfile million.crl leaf.pem
measure 1

echo; echo "The same, 2,000,000 entries:"
side "openssl dgst -sha256" openssl dgst -sha256 two.crl
side "cpskit cert verify" $verify --crl two.crl leaf.pem
measure "$runs"

echo; echo "2,000 leaves of one RSA 4096 authority, a list of 1,000 entries; ring alone verified:"
"$yardsticks" ring .; "$yardsticks" ring .
side "cpskit cert verify --each" $verify --crl small.crl --each leaves.pem
side "rustls-webpki, a loop" "$yardsticks" webpki-each . small.crl
measure "$((runs < 5 ? runs : 5))"
mkdir -p each
[ -f each/1999.pem ] || awk '/BEGIN/ { file = sprintf("each/%d.pem", n++) } { print > file }' leaves.pem
side "openssl verify -crl_check_all, one process" openssl verify -crl_check_all -CAfile root.pem -untrusted ca.pem -CRLfile small.crl -CRLfile root.crl each/*.pem
measure 1

echo; echo "A single chain, and nothing:"
side "cpskit --version" "$cpskit" --version
side "cpskit cert verify" $verify --crl small.crl leaf.pem
measure "$((runs * 5))"
