/* A small schema with every kind of row, for the tests of policy/config. */
#ifndef CLOSEDRELAY_TEST_CONFIG_TEST_SCHEMA_H
#define CLOSEDRELAY_TEST_CONFIG_TEST_SCHEMA_H

#include "config/load.h"

#include <stddef.h>

enum test_mode { TEST_ENFORCE, TEST_MONITOR, TEST_OFF };

struct test_root {
    struct config_endpoint listen;
    int mode;
    const char *banner, *run_folder, *password;
    unsigned socket_mode;
    struct config_endpoint control;
};

struct test_relay {
    const struct text_set *domains;
    const struct network_set *networks;
    const struct text_set *words;
    struct config_text_list lines;
    struct config_endpoint_list servers;
    unsigned roles;
    struct {
        uint64_t remember_ms;
        bool enabled;
    } logins;
};

struct test_recipients {
    int mode;
    uint64_t limit, soft_limit, timeout_ms;
    int excess;
    struct {
        uint64_t pause_ms;
        bool tell;
    } slow;
    uint64_t derived; /* limit * 2, made by finish */
};

struct test_size {
    uint64_t limit_bytes;
    bool strict;
};

struct test_list {
    const char *zone;
    uint64_t weight;
    struct config_text_list codes;
    unsigned roles;
};

struct test_lists {
    struct config_array lists;
    uint64_t threshold;
};

enum { TEST_ROOT, TEST_RELAY, TEST_RECIPIENTS, TEST_SIZE, TEST_LISTS, TEST_SECTION_COUNT };

extern const struct config_schema test_schema;

#endif
