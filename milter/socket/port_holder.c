#include "port_holder.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STATE_LISTEN = 0x0a, LINK_BYTES = 64, PATH_BYTES = 300 };

struct listening {
    uint64_t inode;
    unsigned user_id;
};

/* The 8 or 32 hexadecimal digits of an address: words of the machine's byte order. */
static bool parse_address(const char *digits, struct ip_address *address)
{
    uint32_t words[4] = {0};
    size_t count = strlen(digits) / 8;
    char text[INET6_ADDRSTRLEN];
    for (size_t i = 0; i < count && i < 4; i++)
        if (sscanf(digits + 8 * i, "%8" SCNx32, &words[i]) != 1) /* NOLINT(cert-err34-c): eight digits fit */
            return false;
    return (count == 1 || count == 4) &&
           inet_ntop(count == 1 ? AF_INET : AF_INET6, words, text, sizeof text) != NULL &&
           ip_address_parse(slice_of(text), address);
}

static bool is_any(const struct ip_address *address)
{
    struct ip_address v4, v6;
    return (ip_address_parse(slice_of("0.0.0.0"), &v4) && ip_address_equal(address, &v4)) ||
           (ip_address_parse(slice_of("::"), &v6) && ip_address_equal(address, &v6));
}

/* A line of /proc/net/tcp: "0: 0100007F:22BB 00000000:0000 0A …:… …:… … UID … INODE". */
static bool line_is_holder(const char *line, const struct config_endpoint *endpoint, struct listening *found)
{
    char digits[33];
    unsigned port, state;
    struct ip_address address, wanted;
    /* The kernel's own numbers. NOLINTNEXTLINE(cert-err34-c) */
    if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %u %*d %" SCNu64,
               digits, &port, &state, &found->user_id, &found->inode) != 5 ||
        state != STATE_LISTEN || port != endpoint->port || !parse_address(digits, &address))
        return false;
    return endpoint->host == NULL || !ip_address_parse(slice_of(endpoint->host), &wanted) ||
           is_any(&wanted) || is_any(&address) || ip_address_equal(&address, &wanted);
}

static bool find_listening(const char *table, const struct config_endpoint *endpoint, struct listening *found)
{
    char line[512];
    bool is_found = false;
    FILE *lines = fopen(table, "re");
    while (lines != NULL && !is_found && fgets(line, sizeof line, lines) != NULL)
        is_found = line_is_holder(line, endpoint, found);
    if (lines != NULL)
        fclose(lines);
    return is_found;
}

/* Whether the process has the socket among its descriptors; only of one's own without the rights of root. */
static bool has_socket(const char *process, const char *link)
{
    char path[PATH_BYTES], target[LINK_BYTES];
    bool is_found = false;
    snprintf(path, sizeof path, "/proc/%s/fd", process);
    DIR *descriptors = opendir(path);
    const struct dirent *entry;
    while (descriptors != NULL && !is_found && (entry = readdir(descriptors)) != NULL) {
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        is_found = strcmp(target, link) == 0;
    }
    if (descriptors != NULL)
        closedir(descriptors);
    return is_found;
}

static void read_name(const char *process, char *name)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%s/comm", process);
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(name, PORT_HOLDER_NAME_BYTES, file) == NULL)
        name[0] = '\0';
    if (file != NULL)
        fclose(file);
    name[strcspn(name, "\n")] = '\0';
    for (char *at = name; *at != '\0'; at++)
        *at = isprint((unsigned char)*at) ? *at : '?';
}

/* Several processes may have it, as parent and children do: the first one is named, and whoever it was handed
 * to rather than systemd. */
static bool find_process(uint64_t inode, char *name, struct strbuf *out)
{
    char link[LINK_BYTES];
    const size_t before = out->length;
    bool is_found = false;
    snprintf(link, sizeof link, "socket:[%" PRIu64 "]", inode);
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    while (processes != NULL && !is_found && (entry = readdir(processes)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]) || !has_socket(entry->d_name, link))
            continue;
        is_found = strcmp(entry->d_name, "1") != 0;
        strbuf_truncate(out, before);
        read_name(entry->d_name, name);
        strbuf_printf(out, "%s, pid %s", name[0] == '\0' ? "a process" : name, entry->d_name);
    }
    if (processes != NULL)
        closedir(processes);
    return out->length > before;
}

bool port_holder_append(const struct config_endpoint *endpoint, char *name, struct strbuf *out)
{
    struct listening found = {0};
    name[0] = '\0';
    /* Of this process's own network, and visible where the rest of /proc is not (ProcSubset=pid). */
    if (!find_listening("/proc/self/net/tcp", endpoint, &found) &&
        !find_listening("/proc/self/net/tcp6", endpoint, &found))
        return false;
    if (find_process(found.inode, name, out))
        return true;
    struct passwd entry, *user = NULL;
    char buffer[1024];
    if (getpwuid_r(found.user_id, &entry, buffer, sizeof buffer, &user) == 0 && user != NULL)
        strbuf_printf(out, "a process of the user %s", user->pw_name);
    else
        strbuf_printf(out, "a process of the user id %u", found.user_id);
    return true;
}
