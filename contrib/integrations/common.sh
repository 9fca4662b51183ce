# What the scripts of the panels share; sourced by them. Not a command.
# shellcheck shell=bash
set -euo pipefail

undo=no
folder=/etc/postfix
helper=$(command -v closedrelay-postfix || echo "$(dirname "${BASH_SOURCE[0]}")/../postfix/closedrelay-postfix")

# Sets `undo`, and `folder` where an argument names it: whose main.cf, or whose installation, it is about.
read_arguments() {
    while [ $# -gt 0 ]; do
        case "$1" in
        --undo) undo=yes ;;
        -h | --help) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) echo "$(basename "$0"): '$1' is not understood; --help tells what is" >&2; exit 64 ;;
        *) folder=$1 ;;
        esac
        shift
    done
}

# In or out of main.cf and master.cf; Postfix is reloaded where something was changed and it is the machine's own.
settle_postfix() {
    local options=(-c "$folder")
    [ "$folder" != /etc/postfix ] || options+=(-r)
    if [ $undo = yes ]; then "$helper" "${options[@]}" disable; else "$helper" "${options[@]}" enable; fi
}

# The panel writes these files anew at updates: from then on systemd puts closedrelay back.
settle_watch() {
    [ "$folder" = /etc/postfix ] && [ -d /run/systemd/system ] || return 0
    if [ $undo = yes ]; then
        systemctl disable --now closedrelay-postfix.path
    else
        systemctl enable --now closedrelay-postfix.path
    fi
}

# settle_block FILE: standard input between two marks at the end of FILE, once; with --undo it is taken out.
settle_block() {
    local begin='# closedrelay: begin' end='# closedrelay: end' rest
    rest=$([ ! -e "$1" ] || sed "/^$begin\$/,/^$end\$/d" "$1")
    if [ $undo = yes ]; then
        printf '%s\n' "$rest" >"$1.new"
    else
        { [ -z "$rest" ] || printf '%s\n' "$rest"; echo "$begin"; cat; echo "$end"; } >"$1.new"
    fi
    [ ! -e "$1" ] || chmod --reference="$1" "$1.new"
    mv "$1.new" "$1"
}

# Services of master.cf that take mail back from a content filter: on a loopback address, with an empty content_filter.
settle_reinjection() {
    local service milters
    postconf -c "$folder" -P | sed -nE 's#^((127\.0\.0\.1|\[?::1\]?|localhost):[0-9]+/inet)/content_filter =[[:space:]]*$#\1#p' |
        while read -r service; do
            milters=$(postconf -c "$folder" -P "$service/smtpd_milters" 2>/dev/null || true)
            if [ $undo = no ] && [ -z "$milters" ]; then
                echo "postconf -c $folder -P '$service/smtpd_milters='"
                postconf -c "$folder" -P "$service/smtpd_milters="
            fi
        done
}
