#include "geo/geo.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum { KINDS = 2, FILE_BYTES_MAX = 1 << 30 };

struct geo {
    atomic_uint reference_count;
    bool has[KINDS];
    MMDB_s databases[KINDS];
};

struct geo *geo_create(void)
{
    struct geo *geo = calloc(1, sizeof *geo);
    if (geo != NULL)
        atomic_init(&geo->reference_count, 1);
    return geo;
}

struct geo *geo_ref(struct geo *geo)
{
    if (geo != NULL)
        atomic_fetch_add(&geo->reference_count, 1);
    return geo;
}

void geo_unref(struct geo *geo)
{
    if (geo == NULL || atomic_fetch_sub(&geo->reference_count, 1) != 1)
        return;
    for (unsigned kind = 0; kind < KINDS; kind++)
        if (geo->has[kind])
            MMDB_close(&geo->databases[kind]);
    free(geo);
}

/* ---- opening ---------------------------------------------------------------------------------------- */

/* The library maps a file, and who writes over one that is mapped ends the process: so it gets a copy that
 * nobody else has. -1: errno says why. */
static int copy_of(const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int copy = file < 0 ? -1 : memfd_create("geo", MFD_CLOEXEC);
    off_t total = 0;
    ssize_t count = 1;
    while (copy >= 0 && count > 0 && total < FILE_BYTES_MAX) {
        count = sendfile(copy, file, NULL, FILE_BYTES_MAX);
        total += count > 0 ? count : 0;
    }
    const int error = count < 0 || copy < 0 ? errno : total == 0 ? ENODATA : 0;
    if (file >= 0)
        close(file);
    if (copy >= 0 && error != 0) {
        close(copy);
        copy = -1;
    }
    errno = error;
    return copy;
}

static bool says(const char *type, const char *word)
{
    const size_t length = strlen(word);
    for (; *type != '\0'; type++)
        if (strncasecmp(type, word, length) == 0)
            return true;
    return false;
}

/* A database of cities has countries too, and one of AS numbers has none. */
static void doubt_type(enum geo_kind kind, const char *type, struct strbuf *doubt)
{
    static const char *const words[KINDS][4] = {{"asn", "isp", "enterprise", "as"},
                                                {"country", "city", "enterprise", "location"}};
    for (size_t i = 0; i < 4; i++)
        if (says(type, words[kind][i]))
            return;
    strbuf_printf(doubt, "it is a database of the type %.60s, which does not look as if it had %s", type,
                  kind == GEO_AS ? "AS numbers" : "countries");
}

bool geo_load(struct geo *geo, enum geo_kind kind, const char *path, struct strbuf *problem,
              struct strbuf *doubt)
{
    char name[40];
    const int copy = copy_of(path);
    if (copy < 0) {
        strbuf_append_text(problem, errno == ENODATA ? "it is empty" : strerror(errno));
        return false;
    }
    snprintf(name, sizeof name, "/proc/self/fd/%d", copy);
    const int status = MMDB_open(name, MMDB_MODE_MMAP, &geo->databases[kind]);
    close(copy);
    geo->has[kind] = status == MMDB_SUCCESS;
    if (!geo->has[kind]) {
        strbuf_printf(problem, "it is no MaxMind database (.mmdb), or is damaged: %s", MMDB_strerror(status));
        return false;
    }
    doubt_type(kind, geo->databases[kind].metadata.database_type, doubt);
    return true;
}

/* ---- asking ----------------------------------------------------------------------------------------- */

/* What the database has for the address; false: nothing, or it is damaged there. */
static bool find(const struct geo *geo, enum geo_kind kind, const struct ip_address *address,
                 MMDB_lookup_result_s *found)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const bool is_v4 = ip_address_is_ipv4(address);
    int error;
    if (geo == NULL || !geo->has[kind])
        return false;
    memcpy(&v4.sin_addr, address->bytes + 12, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, address->bytes, sizeof v6.sin6_addr);
    *found = MMDB_lookup_sockaddr(
        &geo->databases[kind], is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6, &error);
    return error == MMDB_SUCCESS && found->found_entry;
}

uint32_t geo_find_as(const struct geo *geo, const struct ip_address *address)
{
    MMDB_lookup_result_s found;
    MMDB_entry_data_s data;
    if (!find(geo, GEO_AS, address, &found) ||
        MMDB_get_value(&found.entry, &data, "autonomous_system_number", NULL) != MMDB_SUCCESS ||
        !data.has_data || data.type != MMDB_DATA_TYPE_UINT32)
        return 0;
    return data.uint32;
}

uint16_t geo_find_country(const struct geo *geo, const struct ip_address *address)
{
    MMDB_lookup_result_s found;
    MMDB_entry_data_s data;
    if (!find(geo, GEO_COUNTRY, address, &found) ||
        MMDB_get_value(&found.entry, &data, "country", "iso_code", NULL) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
        return 0;
    return (uint16_t)((unsigned char)data.utf8_string[0] << 8 | (unsigned char)data.utf8_string[1]);
}
