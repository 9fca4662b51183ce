/*
 * stub_dns [-p PORT] RULES-FILE: the stub name server as a program.
 *
 * Prints "127.0.0.1:PORT" once it answers. SIGHUP reads the file again; SIGTERM and SIGINT end it.
 */
#include "stub_dns/stub_dns.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t capacity = 0;
    if (file == NULL) {
        perror(path);
        return NULL;
    }
    if (getdelim(&text, &capacity, '\0', file) < 0 && text != NULL)
        text[0] = '\0';
    fclose(file);
    return text;
}

static void reload(struct stub_dns *stub, const char *path)
{
    char *rules = read_file(path);
    if (rules != NULL)
        stub_dns_set_rules(stub, rules);
    free(rules);
}

int main(int argc, char **argv)
{
    unsigned long port = 0;
    for (int option; (option = getopt(argc, argv, "p:")) != -1;) {
        if (option != 'p')
            return 64;
        port = strtoul(optarg, NULL, 10);
    }
    if (optind + 1 != argc || port > 65535) {
        fprintf(stderr, "usage: stub_dns [-p PORT] RULES-FILE\n");
        return 64;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    char *rules = read_file(argv[optind]);
    struct stub_dns *stub = rules == NULL ? NULL : stub_dns_start(rules, (uint16_t)port);
    free(rules);
    if (stub == NULL)
        return 1;
    printf("127.0.0.1:%u\n", (unsigned)stub_dns_port(stub));
    fflush(stdout);
    for (int number; sigwait(&signals, &number) == 0 && number == SIGHUP;)
        reload(stub, argv[optind]);
    stub_dns_stop(stub);
    return 0;
}
