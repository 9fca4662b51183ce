/* Which scripts of web sites cannot be told apart: those that run as one user. */
#include "command_output.h"
#include "doctor_checks.h"
#include "setting_value.h"

#include <glob.h>
#include <stdlib.h>

enum { POOL_BYTES_MAX = 1 << 20, POOLS_MAX = 1000, NAME_BYTES = 64 };

#define PHP_POOLS "/etc/php/*/fpm/pool.d/*.conf"
#define MOD_PHP "/etc/apache2/mods-enabled/php*.load"

struct pool {
    char name[NAME_BYTES]; /* cut where it is longer: for people only */
    char user[NAME_BYTES];
};

struct pools {
    struct pool items[POOLS_MAX]; /* those beyond are not compared */
    size_t count;
};

static void keep(char *text, struct slice value)
{
    size_t length = value.length < NAME_BYTES ? value.length : NAME_BYTES - 1;
    memcpy(text, value.data, length);
    text[length] = '\0';
}

/* "[northwind]" begins a pool, "user = web1001" is of the one before. */
static void read_line(struct pools *pools, struct slice line)
{
    line = slice_trim(line);
    struct slice value;
    if (line.length > 2 && line.data[0] == '[' && pools->count < POOLS_MAX) {
        struct pool *pool = &pools->items[pools->count++];
        keep(pool->name, slice_part(line, 1, slice_find(line, ']')));
        pool->user[0] = '\0';
    } else if (pools->count > 0 && setting_option(line, "user", &value)) {
        keep(pools->items[pools->count - 1].user, value);
    }
}

static void read_pools(struct pools *pools)
{
    glob_t files = {0};
    if (glob(PHP_POOLS, 0, NULL, &files) == 0)
        for (size_t i = 0; i < files.gl_pathc; i++) {
            struct strbuf text;
            strbuf_init(&text, POOL_BYTES_MAX);
            struct slice rest =
                file_content(files.gl_pathv[i], &text) ? strbuf_slice(&text) : (struct slice){0};
            for (size_t end; rest.length > 0; rest = slice_part(rest, end, rest.length)) {
                end = slice_find(rest, '\n');
                read_line(pools, slice_part(rest, 0, end));
                end += end < rest.length;
            }
            strbuf_deinit(&text);
        }
    globfree(&files);
}

static void report_alike(const struct doctor *doctor, const struct pool *one, const struct pool *other)
{
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_NOTE, "scripts_alike",
        "Mail of their scripts has one user id, so no limit, override or report tells one customer from the other "
        "(docs/hosting.md).");
    strbuf_append_text(&finding->where, PHP_POOLS);
    strbuf_printf(&finding->what, "the PHP pools %s and %s run as one user, %s", one->name, other->name,
                  one->user);
    strbuf_printf(&finding->change, "[%s]\nuser = a user of its own", other->name);
}

/* Each pool that shares its user is told once, with the first that has it. */
static void check_pools(const struct doctor *doctor, const struct pools *pools)
{
    for (size_t i = 1; i < pools->count; i++)
        for (size_t j = 0; j < i; j++)
            if (pools->items[i].user[0] != '\0' && strcmp(pools->items[i].user, pools->items[j].user) == 0) {
                report_alike(doctor, &pools->items[j], &pools->items[i]);
                break;
            }
}

static void check_mod_php(const struct doctor *doctor)
{
    glob_t files = {0};
    if (glob(MOD_PHP, 0, NULL, &files) == 0) {
        struct doctor_finding *finding = doctor_report_add(
            doctor->report, DOCTOR_NOTE, "mod_php",
            "Scripts of every site run as the web server's user: their mail cannot be told apart by user id. PHP-FPM with a "
            "pool for each customer does it surely, a wrapper for each site as far as nobody means to deceive "
            "(docs/hosting.md).");
        strbuf_append_text(&finding->where, files.gl_pathv[0]);
        strbuf_append_text(&finding->what, "Apache runs PHP itself (mod_php)");
        strbuf_append_text(
            &finding->change,
            "php_admin_value sendmail_path \"/usr/local/libexec/closedrelay-sendmail www.example.com\"");
    }
    globfree(&files);
}

void scripts_check(const struct doctor *doctor)
{
    struct pools *pools = calloc(1, sizeof *pools);
    if (pools != NULL) {
        read_pools(pools);
        check_pools(doctor, pools);
    }
    free(pools);
    check_mod_php(doctor);
}
