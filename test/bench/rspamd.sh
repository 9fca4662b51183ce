# Rspamd as a peer of the benchmark: an instance of its own below $work that looks at attachments' names and at one
# block list, and at nothing else. No Redis, no maps from the network, no file outside $work. Sourced by run.
# shellcheck shell=bash

rspamd_share=/usr/share/rspamd

write_rspamd_configuration() {
    cat >"$work/rspamd.conf" <<END
options {
    pidfile = "$work/rspamd/pid";
    tempdir = "$work/rspamd";
    control_socket = "$work/rspamd/control.sock mode=0600";
    cache_file = "$work/rspamd/symbols.cache";
    history_file = "$work/rspamd/history";
    history_rows = 1;
    stats_file = "$work/rspamd/stats";
    hs_cache_dir = "$work/rspamd/";
    url_tld = "$rspamd_share/effective_tld_names.dat";
    filters = "";
    max_message = 100M;
    task_timeout = 60s;
    dns { nameserver = ["$name_server"]; timeout = 1s; retransmits = 1; }
}
logging { type = "file"; filename = "$work/rspamd/log"; level = "notice"; }
worker "rspamd_proxy" {
    bind_socket = "$work/rspamd.sock mode=0600";
    milter = yes;
    timeout = 120s;
    count = $(nproc);
    upstream "local" { default = yes; self_scan = yes; }
}
actions { reject = 100000; }
modules { path = "$rspamd_share/plugins/mime_types.lua"; path = "$rspamd_share/plugins/rbl.lua"; }
mime_types { file = ["/etc/rspamd/maps.d/mime_types.inc"]; }
rbl {
    default_exclude_users = false;
    rbls { bl { symbol = "BL"; rbl = "bl.test"; checks = ["from"]; disable_monitoring = true;
                returncodes { BL_XBL = "127.0.0.4"; } } }
}
END
}

# The processes that answer, with commas between; nothing while there are fewer than processors.
rspamd_workers() {
    ps --ppid "$1" -o pid=,args= | awk -v want="$(nproc)" '
        /rspamd_proxy/ { list = list "," $1; count++ }
        END { if (count == want) print substr(list, 2) }'
}

# False where it is not installed, or does not come up: the benchmark goes on without it.
start_rspamd() {
    local main tries
    [ -x /usr/bin/rspamd ] || return 1
    mkdir "$work/rspamd"
    write_rspamd_configuration
    rspamd -f -i -u "$(id -un)" -g "$(id -gn)" -c "$work/rspamd.conf" >"$work/rspamd/output" 2>&1 &
    main=$!
    pids+=("$main")
    for ((tries = 0; tries < 600; tries++)); do
        rspamd_pids=$(rspamd_workers "$main")
        if [ -n "$rspamd_pids" ] && [ -S "$work/rspamd.sock" ]; then return; fi
        kill -0 "$main" 2>/dev/null || break
        sleep 0.1
    done
    echo "bench: Rspamd did not come up" >&2
    tail -n 5 "$work/rspamd/log" "$work/rspamd/output" >&2 || true
    return 1
}
