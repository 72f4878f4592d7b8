/* Injected faults; see dj/fault.h. Empty unless the build has DJ_FAULTS. */
#include "dj/fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const point_names[DJ_FAULT_COUNT] = {
#define DJ_FAULT_NAME(name, text) [DJ_FAULT_##name] = text,
    DJ_FAULT_LIST(DJ_FAULT_NAME)
#undef DJ_FAULT_NAME
};

const char *dj_fault_name(enum dj_fault_point point)
{
    return point_names[point];
}

#ifdef DJ_FAULTS

enum action { FAIL, NOMEM, KILL, TERM, USR1, USR2, STALL };

static const char *const action_names[] = { "fail", "nomem", "kill", "term",
                                            "usr1", "usr2",  "stall" };

enum { MAX_FAULTS = 8 };

static struct fault {
    enum dj_fault_point point;
    long nth; /* 0: every passage */
    enum action action;
} faults[MAX_FAULTS];

static size_t nfaults;
static atomic_long passages[DJ_FAULT_COUNT];

/* Place of word in a list of names; -1 when it is not there. */
static int find_name(const char *const *names, int count, const char *word)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

static enum dj_status parse_one(char *text, int rank, struct dj_error *err)
{
    struct fault fault = { 0 };
    bool meant = true;
    char *rest = text;
    char *word = strsep(&rest, ":");
    int found = find_name(point_names, DJ_FAULT_COUNT, word);

    if (found < 0) {
        return dj_fail(err, DJ_USAGE, "DJ_FAULT: \"%s\" is no fault point", word);
    }
    fault.point = (enum dj_fault_point)found;
    found = -1;
    while ((word = strsep(&rest, ":")) != NULL) {
        if (strncmp(word, "rank=", 5) == 0) {
            meant = strtol(word + 5, NULL, 10) == rank;
        } else if (strncmp(word, "nth=", 4) == 0) {
            fault.nth = strtol(word + 4, NULL, 10);
        } else {
            found =
                find_name(action_names,
                          (int)(sizeof(action_names) / sizeof(action_names[0])), word);
            if (found < 0) {
                return dj_fail(err, DJ_USAGE, "DJ_FAULT: \"%s\" is no action", word);
            }
            fault.action = (enum action)found;
        }
    }
    if (found < 0) {
        return dj_fail(err, DJ_USAGE, "DJ_FAULT: an action is missing");
    }
    if (meant) {
        if (nfaults == MAX_FAULTS) {
            return dj_fail(err, DJ_USAGE, "DJ_FAULT: more than %d faults", MAX_FAULTS);
        }
        faults[nfaults++] = fault;
    }
    return DJ_OK;
}

enum dj_status dj_fault_init(int rank, struct dj_error *err)
{
    const char *setting = getenv("DJ_FAULT");
    char copy[512];
    char *rest = copy;
    char *one;

    nfaults = 0;
    if (setting == NULL || setting[0] == '\0') {
        return DJ_OK;
    }
    (void)snprintf(copy, sizeof(copy), "%s", setting);
    while ((one = strsep(&rest, ",")) != NULL) {
        DJ_TRY(parse_one(one, rank, err));
    }
    return DJ_OK;
}

static enum dj_status act(const struct fault *fault, struct dj_error *err)
{
    const char *name = point_names[fault->point];

    switch (fault->action) {
    case FAIL:
        return dj_fail(err, DJ_IO, "injected failure at %s", name);
    case NOMEM:
        return dj_fail(err, DJ_NOMEM, "injected lack of memory at %s", name);
    case KILL:
        (void)kill(getpid(), SIGKILL);
        break;
    case TERM:
        (void)kill(getpid(), SIGTERM);
        return DJ_OK;
    case USR1:
        (void)kill(getpid(), SIGUSR1);
        return DJ_OK;
    case USR2:
        (void)kill(getpid(), SIGUSR2);
        return DJ_OK;
    case STALL:
        break;
    }
    for (;;) {
        (void)pause();
    }
}

enum dj_status dj_fault_at(enum dj_fault_point point, struct dj_error *err)
{
    long passage;

    if (nfaults == 0) {
        return DJ_OK;
    }
    passage = atomic_fetch_add(&passages[point], 1) + 1;
    for (size_t i = 0; i < nfaults; i++) {
        if (faults[i].point == point &&
            (faults[i].nth == 0 || faults[i].nth == passage)) {
            DJ_TRY(act(&faults[i], err));
        }
    }
    return DJ_OK;
}

#endif
