/*
 * Writes the record of some months of a provider that never was, with break-ins, and what is true about it.
 *
 *   sim_generate --into DIRECTORY [--accounts N] [--days N] [--seed N] [--thefts N] [--odd]
 *
 * audit.jsonl is the record; truth.jsonl tells who is who, which account was stolen when and how, and each
 * message of a thief; countries.csv has the countries of all networks; closedrelay.yaml the domains. The same
 * seed gives the same bytes. --thefts is how many of each style; --odd is a world of other habits. README.md
 * says more.
 */
#include "machines.h"
#include "people.h"
#include "thief.h"
#include "write.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static FILE *open_in(const char *directory, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(EX_CANTCREAT);
    }
    return file;
}

static void write_accounts(const struct world *world, const struct thieves *thieves, FILE *truth)
{
    for (uint32_t i = 0; i < world->plan.accounts; i++) {
        const struct account *account = &world->accounts[i];
        char user[ADDRESS_TEXT_BYTES], from[TIME_TEXT_BYTES];
        write_address(world, ADDRESS_ACCOUNT | i, user, sizeof user);
        write_time(world_time(world, account->begins_on, 0), from);
        fprintf(
            truth,
            "{\"type\":\"account\",\"user\":\"%s\",\"kind\":\"%s\",\"from\":\"%s\",\"theft\":%u,\"traits\":[",
            user, kind_names[account->kind], from, account->theft);
        const struct {
            bool is;
            const char *name;
        } traits[] = {
            {account->is_mobile, "mobile"},
            {account->has_vpn, "vpn"},
            {account->is_traveller, "traveller"},
            {account->is_webmail && !account->names_origin, "webmail"},
            {account->names_origin, "webmail with origin"},
            {account->is_migrated, "migrated"},
            {account->moves_on != UINT32_MAX, "moves"},
            {account->new_phone_on != UINT32_MAX, "new phone"},
            {account->away_from != UINT32_MAX, "holiday"},
        };
        const char *comma = "";
        for (unsigned j = 0; j < sizeof traits / sizeof *traits; j++)
            if (traits[j].is) {
                fprintf(truth, "%s\"%s\"", comma, traits[j].name);
                comma = ",";
            }
        fputs("]}\n", truth);
    }
    for (uint32_t i = 0; i < thieves->count; i++) {
        const struct theft *theft = &thieves->thefts[i];
        char begins[TIME_TEXT_BYTES], user[ADDRESS_TEXT_BYTES];
        write_time(world_time(world, theft->begins_on, 0), begins);
        write_address(world, ADDRESS_ACCOUNT | theft->account, user, sizeof user);
        fprintf(
            truth,
            "{\"type\":\"theft\",\"theft\":%u,\"user\":\"%s\",\"style\":\"%s\",\"a_day\":%u,\"begins\":\"%s\"}\n",
            i + 1, user, style_names[theft->style], theft->a_day, begins);
    }
}

static void write_settings(const struct world *world, FILE *file)
{
    char webmail[48];
    ip_write(world_webmail(), webmail, sizeof webmail);
    fprintf(file, "relay:\n  trusted_webmail: [%s]\n  local_domains:\n    - provider.example\n", webmail);
    for (uint32_t i = 0; i < world->domain_count; i++)
        fprintf(file, "    - d%u.example\n", i);
}

static void live_a_day(struct world *world, struct thieves *thieves, uint32_t day)
{
    world->diary.today = day;
    for (uint32_t i = 0; i < world->plan.accounts; i++) {
        if (day < world->accounts[i].begins_on)
            continue;
        if (world->accounts[i].kind <= KIND_CLUB)
            people_day(world, i, day);
        else
            machine_day(world, i, day);
    }
    thieves_day(thieves, world, day);
}

static bool live(struct world *world, struct thieves *thieves, const char *directory)
{
    struct writer writer = {.world = world, .thieves = thieves};
    writer.records = open_in(directory, "audit.jsonl");
    writer.truth = open_in(directory, "truth.jsonl");
    FILE *countries = open_in(directory, "countries.csv"), *settings = open_in(directory, "closedrelay.yaml");
    strbuf_init(&writer.line, 0);
    write_accounts(world, thieves, writer.truth);
    network_write_countries(countries);
    write_settings(world, settings);
    for (uint32_t day = 0; day < world->plan.days; day++) {
        live_a_day(world, thieves, day);
        diary_sort(&world->diary, day);
        for (size_t i = 0; i < world->diary.days[day].count; i++)
            write_event(&writer, &world->diary.days[day], &world->diary.days[day].events[i]);
        diary_forget(&world->diary, day);
    }
    const bool is_whole = !writer.line.failed && !ferror(writer.records) && !ferror(writer.truth);
    strbuf_deinit(&writer.line);
    return (fclose(settings) | fclose(countries) | fclose(writer.truth) | fclose(writer.records)) == 0 &&
           is_whole;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"into", required_argument, NULL, 'i'},
        {"accounts", required_argument, NULL, 'a'},
        {"days", required_argument, NULL, 'd'},
        {"seed", required_argument, NULL, 's'},
        {"thefts", required_argument, NULL, 't'},
        {"odd", no_argument, NULL, 'o'},
        {0},
    };
    struct plan plan = {.accounts = 1000, .days = 30, .thefts = 3, .seed = 1};
    const char *directory = NULL;
    for (int letter; (letter = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const uint64_t number = optarg == NULL ? 0 : strtoull(optarg, NULL, 10);
        if (letter == 'i')
            directory = optarg;
        else if (letter == 'o')
            plan.is_odd = true;
        else if (letter == 's')
            plan.seed = number;
        else if (letter == '?')
            return EX_USAGE;
        else
            *(letter == 'a' ? &plan.accounts : letter == 'd' ? &plan.days : &plan.thefts) = (uint32_t)number;
    }
    if (directory == NULL || plan.accounts == 0 || plan.days < 3) {
        fputs("sim_generate: --into DIRECTORY is needed, an account and three days\n", stderr);
        return EX_USAGE;
    }
    static struct world world;
    struct thieves thieves;
    world_init(&world, &plan);
    thieves_init(&thieves, &world);
    const bool is_written = live(&world, &thieves, directory);
    thieves_deinit(&thieves);
    world_deinit(&world);
    return is_written ? EX_OK : EX_IOERR;
}
