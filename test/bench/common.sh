# What the benchmark programs of this folder share; sourced. The caller sets -euo pipefail.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bench=$root/test/bench
build=$root/build/bench
work=$(mktemp -d /tmp/closedrelay-bench.XXXXXX)
pids=()

# shellcheck disable=SC2317  # called by the trap
finish() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

build_programs() {
    if ! { cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=gcc &&
        cmake --build "$build" --target closedrelay null_milter null_engine floor_milter milter_load stub_dns; } >"$work/build.log" 2>&1; then
        tail -n 30 "$work/build.log" >&2
        exit 1
    fi
}

# Waits until the file $1 is there, or holds the pattern $2.
await() {
    local tries
    for ((tries = 0; tries < 1500; tries++)); do
        if [ $# -eq 1 ] && [ -e "$1" ]; then return; fi
        if [ $# -eq 2 ] && grep -q "$2" "$1" 2>/dev/null; then return; fi
        sleep 0.02
    done
    echo "bench: $1 did not come up" >&2
    exit 1
}

start_name_server() {
    printf '%s\n' '2.0.0.127.bl.test A a=127.0.0.4 ttl=3600' >"$work/rules"
    "$build/test/stub_dns/stub_dns" "$work/rules" >"$work/dns" &
    pids+=($!)
    await "$work/dns" 127.0.0.1
    name_server=$(tr -d '\n' <"$work/dns")
}

# The null milter over libmilter and over our own engine, and the floor of any milter, each at a unix socket and at a
# port.
start_null() {
    "$build/test/bench/null_milter" "unix:$work/null.sock" &
    null_pids=$!
    "$build/test/bench/null_engine" "unix:$work/engine.sock" &
    engine_pids=$!
    "$build/test/bench/null_milter" "inet:18801@127.0.0.1" &
    null_inet_pids=$!
    "$build/test/bench/null_engine" "inet:18802" &
    engine_inet_pids=$!
    "$build/test/bench/floor_milter" "unix:$work/floor.sock" &
    floor_pids=$!
    "$build/test/bench/floor_milter" "inet:18804" &
    floor_inet_pids=$!
    pids+=("$null_pids" "$engine_pids" "$null_inet_pids" "$engine_inet_pids" "$floor_pids" "$floor_inet_pids")
    null_inet_address=inet:18801 engine_inet_address=inet:18802 closedrelay_inet_address=inet:18803
    floor_inet_address=inet:18804
    await "$work/null.sock"
    await "$work/engine.sock"
    await "$work/floor.sock"
}

# configure NAME LISTEN DAEMON: all checks and the record.
configure() {
    cat >"$work/$1.yaml" <<END
listen: $2
control: unix:$work/$1.control.sock
daemon: $3
audit: { file: $work/$1.jsonl }
state: $work
relay: { local_domains: [example.com] }
dns: { servers: ["$name_server"] }
dnsbl: { lists: [ { zone: bl.test, codes: [127.0.0.4] } ] }
END
}

start_closedrelay() {
    configure closedrelay "unix:$work/closedrelay.sock" "{ syslog: false }"
    "$build/milter/closedrelay" serve -c "$work/closedrelay.yaml" 2>"$work/log" &
    closedrelay_pids=$!
    pids+=("$closedrelay_pids")
    await "$work/closedrelay.sock"
}

# As admins run it: at a port, with syslog.
start_closedrelay_inet() {
    configure closedrelay_inet inet:18803@127.0.0.1 "{ syslog: true }"
    "$build/milter/closedrelay" serve -c "$work/closedrelay_inet.yaml" 2>"$work/log_inet" &
    closedrelay_inet_pids=$!
    pids+=("$closedrelay_inet_pids")
    await "$work/closedrelay_inet.control.sock"
}

# load NAME CASE OPTION...: one run on null, closedrelay or rspamd; its figures go to $work/results as
# "NAME CASE KEY=VALUE...".
load() {
    local name=$1 case=$2 processes=${1}_pids address=${1}_address
    shift 2
    { "$build/test/bench/milter_load" -a "${!address:-unix:$work/$name.sock}" -p "${!processes}" "$@" || true; } |
        sed "s/^/$name $case /" >>"$work/results"
}

# best NAME CASE KEY min|max: 0 where there is none.
best() {
    awk -v name="$1" -v kind="$2" -v key="$3" -v want="$4" '
        $1 == name && $2 == kind {
            for (i = 3; i <= NF; i++) {
                split($i, pair, "=")
                if (pair[1] == key && (best == "" || (want == "min" ? pair[2] + 0 < best : pair[2] + 0 > best)))
                    best = pair[2] + 0
            }
        }
        END { print best + 0 }' "$work/results"
}
