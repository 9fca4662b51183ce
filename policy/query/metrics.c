/* What Prometheus reads: /metrics. */
#include "policy_query.h"

#include "base/metrics.h"
#include "engine/engine.h"
#include "engine/service.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- the process, under the names that every exporter has --------------------------------------------- */

static uint64_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;
    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count < 3 ? 0 : count - 3; /* "." and "..", and the one that reads */
}

/* Pages: in all, and in memory. */
static void read_memory(unsigned long long pages[2])
{
    char line[128] = "";
    char *rest = line;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL && fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    if (file != NULL)
        fclose(file);
    pages[0] = strtoull(rest, &rest, 10);
    pages[1] = strtoull(rest, NULL, 10);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void measure_process(const struct policy_engine *engine, struct metrics *metrics)
{
    const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    unsigned long long pages[2];
    struct rusage usage;
    struct rlimit limit;
    read_memory(pages);
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        metrics_begin(metrics, "process_cpu_seconds_total", METRIC_COUNTER,
                      "User and system CPU time spent.");
        metrics_double(metrics, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), NULL);
    }
    metrics_begin(metrics, "process_start_time_seconds", METRIC_GAUGE, "When the process began, since 1970.");
    metrics_double(metrics, (double)engine->started_us / 1e6, NULL);
    metrics_one(metrics, "process_resident_memory_bytes", METRIC_GAUGE, "Resident memory.",
                pages[1] * page_bytes);
    metrics_one(metrics, "process_virtual_memory_bytes", METRIC_GAUGE, "Virtual memory.",
                pages[0] * page_bytes);
    metrics_one(metrics, "process_open_fds", METRIC_GAUGE, "Open file descriptors.", open_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        metrics_one(metrics, "process_max_fds", METRIC_GAUGE, "Most file descriptors that may be open.",
                    limit.rlim_cur);
}

/* ---- the daemon --------------------------------------------------------------------------------------- */

static void measure_policy(struct policy_engine *engine, struct metrics *metrics)
{
    struct strbuf keys;
    pthread_mutex_lock(&engine->lock);
    struct policy_snapshot *snapshot = policy_snapshot_ref(engine->snapshot);
    const int64_t since_us = engine->in_force_since_us;
    const bool is_refused = engine->refused_reload.time_us != 0;
    pthread_mutex_unlock(&engine->lock);
    metrics_begin(metrics, "build_info", METRIC_GAUGE, "Always 1: the version.");
    metrics_u64(metrics, 1, "version", CLOSEDRELAY_VERSION, NULL);
    metrics_begin(metrics, "policy_info", METRIC_GAUGE,
                  "Always 1: the mode of the policy in force, and its short hash.");
    metrics_u64(metrics, 1, "mode", check_mode_name(snapshot->root->mode), "policy", snapshot->id, NULL);
    metrics_one(metrics, "config_last_reload_successful", METRIC_GAUGE,
                "Whether the last reload was taken; 1 before any.", !is_refused);
    metrics_begin(metrics, "config_loaded_timestamp_seconds", METRIC_GAUGE,
                  "Since when the policy is in force, since 1970.");
    metrics_double(metrics, (double)since_us / 1e6, NULL);
    strbuf_init(&keys, 0);
    policy_engine_restart_keys(engine, &keys);
    metrics_one(metrics, "config_restart_needed", METRIC_GAUGE,
                "Whether keys have changed that are read at the start only.", keys.length > 0);
    strbuf_deinit(&keys);
    policy_snapshot_unref(snapshot);
}

void policy_query_metrics(struct policy_engine *engine, uint64_t session_count, struct strbuf *out)
{
    struct metrics metrics = {.out = out};
    measure_policy(engine, &metrics);
    metrics_one(&metrics, "sessions", METRIC_GAUGE, "Connections of the MTA that are open.", session_count);
    metrics_add_counters(&metrics);
    engine_measure(engine, &metrics);
    measure_process(engine, &metrics);
}
