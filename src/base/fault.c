/* Injected faults; see dj/fault.h. Empty unless the build has DJ_FAULTS. */
#include "dj/fault.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const point_names[DJ_FAULT_COUNT] = {
#define DJ_FAULT_NAME(name, text, kind, place) [DJ_FAULT_##name] = text,
    DJ_FAULT_LIST(DJ_FAULT_NAME)
#undef DJ_FAULT_NAME
};

const char *dj_fault_name(enum dj_fault_point point)
{
    return point_names[point];
}

#ifdef DJ_FAULTS

enum action {
#define DJ_FAULT_ACTION(name, text, what) name,
    DJ_FAULT_ACTION_LIST(DJ_FAULT_ACTION)
#undef DJ_FAULT_ACTION
        ACTIONS
};

static const char *const action_names[ACTIONS] = {
#define DJ_FAULT_ACTION(name, text, what) [name] = text,
    DJ_FAULT_ACTION_LIST(DJ_FAULT_ACTION)
#undef DJ_FAULT_ACTION
};

enum { MAX_FAULTS = 8, STOP_SECONDS = 2, NAP_SECONDS = 1 };

static struct fault {
    enum dj_fault_point point;
    long nth;      /* 0: every passage */
    char word[64]; /* that the passage's line has; empty: any passage */
    enum action action;
    atomic_bool told;
} faults[MAX_FAULTS];

static size_t nfaults;
static atomic_long passages[DJ_FAULT_COUNT];
static _Thread_local bool cut_next;

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
    struct fault *fault = &faults[nfaults];
    bool meant = true;
    char *rest = text;
    char *word = strsep(&rest, ":");
    int found = find_name(point_names, DJ_FAULT_COUNT, word);

    if (found < 0) {
        return dj_fail(err, DJ_USAGE, "DJ_FAULT: \"%s\" is no fault point", word);
    }
    if (nfaults == MAX_FAULTS) {
        return dj_fail(err, DJ_USAGE, "DJ_FAULT: more than %d faults", MAX_FAULTS);
    }
    *fault = (struct fault){ .point = (enum dj_fault_point)found };
    found = -1;
    while ((word = strsep(&rest, ":")) != NULL) {
        if (strncmp(word, "rank=", 5) == 0) {
            meant = strtol(word + 5, NULL, 10) == rank;
        } else if (strncmp(word, "nth=", 4) == 0) {
            fault->nth = strtol(word + 4, NULL, 10);
        } else if (strncmp(word, "text=", 5) == 0) {
            (void)snprintf(fault->word, sizeof(fault->word), "%s", word + 5);
        } else {
            found = find_name(action_names, ACTIONS, word);
            if (found < 0) {
                return dj_fail(err, DJ_USAGE, "DJ_FAULT: \"%s\" is no action", word);
            }
            fault->action = (enum action)found;
        }
    }
    if (found < 0) {
        return dj_fail(err, DJ_USAGE, "DJ_FAULT: an action is missing");
    }
    nfaults += meant;
    return DJ_OK;
}

enum dj_status dj_fault_init(int rank, struct dj_error *err)
{
    const char *setting = getenv("DJ_FAULT");
    char copy[512];
    char *rest = copy;
    char *one;

    nfaults = 0;
    cut_next = false;
    for (int i = 0; i < DJ_FAULT_COUNT; i++) {
        atomic_store(&passages[i], 0);
    }
    if (setting == NULL || setting[0] == '\0') {
        return DJ_OK;
    }
    (void)snprintf(copy, sizeof(copy), "%s", setting);
    while ((one = strsep(&rest, ",")) != NULL) {
        DJ_TRY(parse_one(one, rank, err));
    }
    return DJ_OK;
}

/* So that a test knows that the point was passed. Nothing here allocates. */
static void tell(struct fault *fault)
{
    char line[128];
    int len;

    if (atomic_exchange(&fault->told, true)) {
        return;
    }
    len = snprintf(line, sizeof(line), "dj-mpi: injected at %s: %s\n",
                   point_names[fault->point], action_names[fault->action]);
    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0) {
        return;
    }
}

/* The helper's child wakes this process up; it belongs to nobody here. */
static void stop_for_a_while(void)
{
    const pid_t self = getpid();
    const pid_t helper = fork();

    if (helper == 0) {
        if (fork() == 0) {
            const struct timespec pause = { .tv_sec = STOP_SECONDS };

            for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) {
                (void)close(fd);
            }
            (void)nanosleep(&pause, NULL);
            (void)kill(self, SIGCONT);
        }
        _exit(0);
    }
    if (helper > 0) {
        while (waitpid(helper, NULL, 0) < 0 && errno == EINTR) {
        }
        (void)raise(SIGSTOP);
    }
}

static enum dj_status act(struct fault *fault, struct dj_error *err)
{
    const char *name = point_names[fault->point];

    tell(fault);
    switch (fault->action) {
    case FAIL:
        return dj_fail(err, DJ_IO, "injected failure at %s", name);
    case NOMEM:
        return dj_fail(err, DJ_NOMEM, "injected lack of memory at %s", name);
    case FULL:
        return dj_fail_errno(err, DJ_IO, ENOSPC, "injected at %s", name);
    case BROKEN:
        return dj_fail_errno(err, DJ_IO, EIO, "injected at %s", name);
    case SHORT:
        cut_next = true;
        return DJ_OK;
    case TERM:
        (void)kill(getpid(), SIGTERM);
        return DJ_OK;
    case USR1:
        (void)kill(getpid(), SIGUSR1);
        return DJ_OK;
    case USR2:
        (void)kill(getpid(), SIGUSR2);
        return DJ_OK;
    case STOP:
        stop_for_a_while();
        return DJ_OK;
    case NAP:
        (void)nanosleep(&(struct timespec){ .tv_sec = NAP_SECONDS }, NULL);
        return DJ_OK;
    case KILL:
        (void)kill(getpid(), SIGKILL);
        break;
    case STALL:
    case ACTIONS:
        break;
    }
    for (;;) {
        (void)pause();
    }
}

enum dj_status dj_fault_with(enum dj_fault_point point, const char *line, size_t len,
                             struct dj_error *err)
{
    long passage;

    if (nfaults == 0) {
        return DJ_OK;
    }
    passage = atomic_fetch_add(&passages[point], 1) + 1;
    for (size_t i = 0; i < nfaults; i++) {
        struct fault *fault = &faults[i];

        if (fault->point == point && (fault->nth == 0 || fault->nth == passage) &&
            (fault->word[0] == '\0' ||
             memmem(line, len, fault->word, strlen(fault->word)) != NULL)) {
            DJ_TRY(act(fault, err));
        }
    }
    return DJ_OK;
}

enum dj_status dj_fault_at(enum dj_fault_point point, struct dj_error *err)
{
    return dj_fault_with(point, "", 0, err);
}

bool dj_fault_armed(void)
{
    return nfaults > 0;
}

size_t dj_fault_short(size_t len)
{
    if (!cut_next || len == 0) {
        return len;
    }
    cut_next = false;
    return len / 2;
}

#endif
