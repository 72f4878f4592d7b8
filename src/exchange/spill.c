/* Records in a file: frames, one behind the other. */
#include "dj/fault.h"
#include "dj/fs.h"
#include "exchange/exchange_private.h"

#include <fcntl.h>
#include <unistd.h>

void dj_spill_init(struct dj_spill *spill, const struct dj_exchange_options *options,
                   int number, size_t frame_records)
{
    char *name = dj_xprintf("%s_r%05d_%03d.part", options->name,
                            dj_comm_rank(options->comm), number);

    *spill = (struct dj_spill){ .fd = -1, .frame_records = frame_records };
    spill->folder = dj_xstrdup(options->folder);
    spill->path = dj_fs_join(options->folder, name);
    dj_buf_init(&spill->packed);
    dj_xfree(name);
}

void dj_spill_release(struct dj_spill *spill)
{
    if (spill->fd >= 0) {
        (void)close(spill->fd);
    }
    dj_buf_release(&spill->packed);
    dj_xfree(spill->frames);
    dj_xfree(spill->path);
    dj_xfree(spill->folder);
    *spill = (struct dj_spill){ .fd = -1 };
}

int64_t dj_spill_memory(const struct dj_spill *spill)
{
    return (int64_t)(spill->packed.cap + spill->room * sizeof(*spill->frames));
}

/* A killed attempt may have left a file of this name between opening and deleting. */
static enum dj_status create(struct dj_spill *spill, struct dj_error *err)
{
    DJ_TRY(dj_fs_make_dirs(spill->folder, err));
    DJ_TRY(dj_fs_remove(spill->path, err));
    DJ_TRY(dj_fs_open(spill->path, O_CREAT | O_EXCL | O_RDWR, &spill->fd, err));
    return dj_fs_remove(spill->path, err);
}

static void add_frame(struct dj_spill *spill, struct dj_frame frame)
{
    if (spill->count == spill->room) {
        spill->room = spill->room == 0 ? 16 : spill->room * 2;
        spill->frames = dj_xrealloc(spill->frames, spill->room * sizeof(*spill->frames));
    }
    spill->frames[spill->count++] = frame;
    spill->end += frame.bytes;
}

enum dj_status dj_spill_write(struct dj_spill *spill, const struct dj_note *notes,
                              size_t count, struct dj_error *err)
{
    DJ_TRY(dj_fault_at(DJ_FAULT_EXCHANGE_SPILL, err));
    if (spill->fd < 0) {
        DJ_TRY(create(spill, err));
    }
    for (size_t done = 0; done < count;) {
        const size_t left = count - done;
        const size_t here = left < spill->frame_records ? left : spill->frame_records;
        const struct dj_str bytes = { (const char *)&notes[done], here * sizeof(*notes) };

        DJ_TRY(dj_fs_pwrite(spill->fd, bytes, spill->end, spill->path, err));
        add_frame(spill,
                  (struct dj_frame){ spill->end, (uint32_t)bytes.len, (uint32_t)here });
        done += here;
    }
    return DJ_OK;
}

enum dj_status dj_spill_read(struct dj_spill *spill, size_t frame, struct dj_note *into,
                             size_t *count, struct dj_error *err)
{
    const struct dj_frame *here = &spill->frames[frame];
    size_t got;

    DJ_TRY(dj_fault_at(DJ_FAULT_EXCHANGE_READ, err));
    DJ_TRY(
        dj_fs_pread(spill->fd, into, here->bytes, here->offset, &got, spill->path, err));
    if (got != here->bytes) {
        return dj_fail(err, DJ_IO, "%s: ends at byte %lld, before what was written there",
                       spill->path, (long long)(here->offset + (int64_t)got));
    }
    *count = here->count;
    return DJ_OK;
}
