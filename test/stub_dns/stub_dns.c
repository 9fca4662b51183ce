#include "stub_dns/stub_dns.h"

#include "stub_dns/stub_rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>

enum { CLIENTS_MAX = 64, POLL_MS = 20, QUERY_BYTES_MAX = 1500, BIND_TRIES = 20 };

struct count {
    UT_hash_handle hh;
    unsigned count;
    char name[];
};

/* An answer that has to wait. */
struct delayed {
    struct delayed *next;
    uint64_t due_ms;
    int fd;                 /* of a TCP client; -1: by UDP */
    struct sockaddr_in6 to; /* room for either family */
    size_t length;
    uint8_t data[];
};

struct stub_dns {
    int udp, tcp;
    bool is_ipv6;
    uint16_t port;
    pthread_t thread;
    atomic_bool stopping;
    pthread_mutex_t lock; /* guards rules and counts */
    struct stub_rules rules;
    struct count *counts;
    /* Thread only. */
    struct delayed *delayed;
    int clients[CLIENTS_MAX];
    unsigned client_count;
    uint8_t answer[STUB_MESSAGE_BYTES + 1024];
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

/* ---- counts ------------------------------------------------------------------------------------------ */

static void count_question(struct stub_dns *stub, const char *name)
{
    struct count *count;
    HASH_FIND_STR(stub->counts, name, count);
    if (count == NULL) {
        count = calloc(1, sizeof *count + strlen(name) + 1);
        if (count == NULL)
            return;
        memcpy(count->name, name, strlen(name));
        HASH_ADD_STR(stub->counts, name, count);
    }
    count->count++;
}

static unsigned sum_counts(const struct stub_dns *stub, const char *pattern)
{
    unsigned sum = 0;
    for (struct count *count = stub->counts; count != NULL; count = count->hh.next)
        if (pattern == NULL || stub_name_matches(pattern, count->name))
            sum += count->count;
    return sum;
}

static void forget_counts(struct stub_dns *stub)
{
    struct count *count = stub->counts;
    HASH_CLEAR(hh, stub->counts);
    while (count != NULL) {
        struct count *next = count->hh.next;
        free(count);
        count = next;
    }
}

unsigned stub_dns_count(struct stub_dns *stub, const char *name)
{
    pthread_mutex_lock(&stub->lock);
    unsigned sum = sum_counts(stub, name);
    pthread_mutex_unlock(&stub->lock);
    return sum;
}

void stub_dns_forget_counts(struct stub_dns *stub)
{
    pthread_mutex_lock(&stub->lock);
    forget_counts(stub);
    pthread_mutex_unlock(&stub->lock);
}

/* ---- answering --------------------------------------------------------------------------------------- */

static size_t answer_count(struct stub_dns *stub, struct stub_question *question, const uint8_t *query)
{
    char text[16];
    question->name[strlen(question->name) - strlen(".count.stub")] = '\0';
    const char *pattern = strcmp(question->name, "total") == 0 ? NULL : question->name;
    snprintf(text, sizeof text, "%u", sum_counts(stub, pattern));
    return stub_answer_text(stub->answer, text, question, query);
}

/* Length of the answer in stub->answer; 0: none. */
static size_t make_answer(struct stub_dns *stub, const uint8_t *query, size_t length, bool tcp,
                          unsigned *delay_ms)
{
    struct stub_question question;
    *delay_ms = 0;
    if (!stub_question_read(&question, query, length))
        return 0;
    pthread_mutex_lock(&stub->lock);
    size_t answer_bytes = 0;
    if (stub_name_matches("*.count.stub", question.name)) {
        answer_bytes = answer_count(stub, &question, query);
    } else {
        const struct stub_rule *rule = stub_rules_find(&stub->rules, &question);
        count_question(stub, question.name);
        *delay_ms = rule->delay_ms;
        if (!rule->drop)
            answer_bytes = stub_answer_write(stub->answer, rule, &question, query, tcp);
    }
    pthread_mutex_unlock(&stub->lock);
    return answer_bytes;
}

static void send_all(int fd, const uint8_t *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        data += sent;
        length -= (size_t)sent;
    }
}

static void deliver(struct stub_dns *stub, int fd, const struct sockaddr_in6 *to, const uint8_t *data,
                    size_t length)
{
    if (fd < 0) {
        socklen_t to_bytes = stub->is_ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        sendto(stub->udp, data, length, MSG_NOSIGNAL, (const struct sockaddr *)to, to_bytes);
        return;
    }
    uint8_t prefix[2] = {(uint8_t)(length >> 8), (uint8_t)length};
    send_all(fd, prefix, sizeof prefix);
    send_all(fd, data, length);
}

static void deliver_later(struct stub_dns *stub, const struct delayed *model)
{
    struct delayed *delayed = malloc(sizeof *delayed + model->length);
    if (delayed == NULL)
        return;
    *delayed = *model;
    memcpy(delayed->data, stub->answer, model->length);
    struct delayed **place = &stub->delayed;
    while (*place != NULL && (*place)->due_ms <= delayed->due_ms)
        place = &(*place)->next;
    delayed->next = *place;
    *place = delayed;
}

static void answer_query(struct stub_dns *stub, int fd, const struct sockaddr_in6 *from, const uint8_t *query,
                         size_t length)
{
    unsigned delay_ms;
    size_t answer_bytes = make_answer(stub, query, length, fd >= 0, &delay_ms);
    if (answer_bytes == 0)
        return;
    if (delay_ms == 0) {
        deliver(stub, fd, from, stub->answer, answer_bytes);
        return;
    }
    struct delayed model = {.due_ms = now_ms() + delay_ms, .fd = fd, .length = answer_bytes};
    if (from != NULL)
        model.to = *from;
    deliver_later(stub, &model);
}

static void deliver_due(struct stub_dns *stub)
{
    uint64_t now = now_ms();
    while (stub->delayed != NULL && stub->delayed->due_ms <= now) {
        struct delayed *due = stub->delayed;
        stub->delayed = due->next;
        deliver(stub, due->fd, &due->to, due->data, due->length);
        free(due);
    }
}

/* ---- sockets ----------------------------------------------------------------------------------------- */

static void serve_udp(struct stub_dns *stub)
{
    uint8_t query[QUERY_BYTES_MAX];
    struct sockaddr_in6 from;
    for (unsigned i = 0; i < 64; i++) {
        socklen_t from_bytes = sizeof from;
        ssize_t got =
            recvfrom(stub->udp, query, sizeof query, MSG_DONTWAIT, (struct sockaddr *)&from, &from_bytes);
        if (got < 0)
            return;
        answer_query(stub, -1, &from, query, (size_t)got);
    }
}

static void drop_client(struct stub_dns *stub, unsigned i)
{
    int fd = stub->clients[i];
    for (struct delayed **place = &stub->delayed; *place != NULL;) {
        struct delayed *delayed = *place;
        if (delayed->fd != fd) {
            place = &delayed->next;
            continue;
        }
        *place = delayed->next;
        free(delayed);
    }
    close(fd);
    stub->clients[i] = stub->clients[--stub->client_count];
}

/* One whole query; false: the client has gone or sends nonsense. */
static bool serve_tcp(struct stub_dns *stub, int fd)
{
    uint8_t prefix[2], query[QUERY_BYTES_MAX];
    if (recv(fd, prefix, sizeof prefix, MSG_WAITALL) != (ssize_t)sizeof prefix)
        return false;
    size_t length = (size_t)(prefix[0] << 8 | prefix[1]);
    if (length > sizeof query || recv(fd, query, length, MSG_WAITALL) != (ssize_t)length)
        return false;
    answer_query(stub, fd, NULL, query, length);
    return true;
}

static void accept_client(struct stub_dns *stub)
{
    int fd = accept(stub->tcp, NULL, NULL);
    if (fd < 0)
        return;
    struct timeval patience = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (stub->client_count == CLIENTS_MAX)
        close(fd);
    else
        stub->clients[stub->client_count++] = fd;
}

static int wait_ms(const struct stub_dns *stub)
{
    if (stub->delayed == NULL)
        return POLL_MS;
    uint64_t now = now_ms();
    uint64_t left = stub->delayed->due_ms <= now ? 0 : stub->delayed->due_ms - now;
    return left > POLL_MS ? POLL_MS : (int)left;
}

static void *serve(void *argument)
{
    struct stub_dns *stub = argument;
    while (!atomic_load(&stub->stopping)) {
        struct pollfd fds[2 + CLIENTS_MAX] = {{.fd = stub->udp, .events = POLLIN},
                                              {.fd = stub->tcp, .events = POLLIN}};
        unsigned polled = stub->client_count;
        for (unsigned i = 0; i < polled; i++)
            fds[2 + i] = (struct pollfd){.fd = stub->clients[i], .events = POLLIN};
        poll(fds, 2 + polled, wait_ms(stub));
        if (fds[0].revents != 0)
            serve_udp(stub);
        for (unsigned i = polled; i-- > 0;)
            if (fds[2 + i].revents != 0 && !serve_tcp(stub, stub->clients[i]))
                drop_client(stub, i);
        if (fds[1].revents != 0)
            accept_client(stub);
        deliver_due(stub);
    }
    return NULL;
}

static bool bind_loopback(int fd, bool is_ipv6, uint16_t port)
{
    struct sockaddr_in ipv4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 ipv6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return is_ipv6 ? bind(fd, (struct sockaddr *)&ipv6, sizeof ipv6) == 0
                   : bind(fd, (struct sockaddr *)&ipv4, sizeof ipv4) == 0;
}

static int open_socket(bool is_ipv6, int type, uint16_t port)
{
    int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
    int yes = 1, receive_bytes = 4 << 20;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind_loopback(fd, is_ipv6, port) && (type == SOCK_DGRAM || listen(fd, 64) == 0))
        return fd;
    close(fd);
    return -1;
}

/* The same port for both protocols; a free one has to be free for both. */
static bool open_sockets(struct stub_dns *stub, uint16_t port)
{
    for (int i = 0; i < BIND_TRIES; i++) {
        struct sockaddr_in6 bound = {0}; /* the port is at the same place in both families */
        socklen_t bound_bytes = sizeof bound;
        stub->udp = open_socket(stub->is_ipv6, SOCK_DGRAM, port);
        if (stub->udp < 0)
            return false;
        getsockname(stub->udp, (struct sockaddr *)&bound, &bound_bytes);
        stub->port = ntohs(bound.sin6_port);
        stub->tcp = open_socket(stub->is_ipv6, SOCK_STREAM, stub->port);
        if (stub->tcp >= 0)
            return true;
        close(stub->udp);
        if (port != 0)
            return false;
    }
    return false;
}

static struct stub_dns *start(const char *rules, bool is_ipv6, uint16_t port)
{
    struct stub_dns *stub = calloc(1, sizeof *stub);
    if (stub == NULL)
        return NULL;
    stub->is_ipv6 = is_ipv6;
    if (!stub_rules_parse(&stub->rules, rules) || !open_sockets(stub, port)) {
        stub_rules_free(&stub->rules);
        free(stub);
        return NULL;
    }
    pthread_mutex_init(&stub->lock, NULL);
    if (pthread_create(&stub->thread, NULL, serve, stub) != 0)
        abort();
    return stub;
}

struct stub_dns *stub_dns_start(const char *rules, uint16_t port)
{
    return start(rules, false, port);
}

struct stub_dns *stub_dns_start_ipv6(const char *rules)
{
    return start(rules, true, 0);
}

void stub_dns_stop(struct stub_dns *stub)
{
    if (stub == NULL)
        return;
    atomic_store(&stub->stopping, true);
    pthread_join(stub->thread, NULL);
    while (stub->client_count > 0)
        drop_client(stub, 0);
    while (stub->delayed != NULL) {
        struct delayed *next = stub->delayed->next;
        free(stub->delayed);
        stub->delayed = next;
    }
    close(stub->udp);
    close(stub->tcp);
    stub_rules_free(&stub->rules);
    pthread_mutex_destroy(&stub->lock);
    forget_counts(stub);
    free(stub);
}

uint16_t stub_dns_port(const struct stub_dns *stub)
{
    return stub->port;
}

bool stub_dns_set_rules(struct stub_dns *stub, const char *rules)
{
    struct stub_rules fresh;
    if (!stub_rules_parse(&fresh, rules))
        return false;
    pthread_mutex_lock(&stub->lock);
    struct stub_rules old = stub->rules;
    stub->rules = fresh;
    pthread_mutex_unlock(&stub->lock);
    stub_rules_free(&old);
    return true;
}
