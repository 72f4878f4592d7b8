/* Records in a file: frames, one behind the other. */
#include "dj/fault.h"
#include "dj/fs.h"
#include "dj/hash.h"
#include "exchange/exchange_private.h"

#include <fcntl.h>
#include <unistd.h>

void dj_spill_init(struct dj_spill *spill, struct dj_exchange *exchange)
{
    char *name = dj_xprintf("%s_r%05d_%03d.part", exchange->options.name, exchange->rank,
                            exchange->files++);

    *spill = (struct dj_spill){ .fd = -1 };
    spill->frame_records = exchange->frame_records;
    spill->packer = &exchange->packer;
    spill->folder = dj_xstrdup(exchange->options.folder);
    spill->path = dj_fs_join(exchange->options.folder, name);
    dj_xfree(name);
}

void dj_spill_release(struct dj_spill *spill)
{
    if (spill->fd >= 0) {
        (void)close(spill->fd);
    }
    dj_xfree(spill->frames);
    dj_xfree(spill->path);
    dj_xfree(spill->folder);
    *spill = (struct dj_spill){ .fd = -1 };
}

size_t dj_spill_memory(const struct dj_spill *spill)
{
    return spill->room * sizeof(*spill->frames);
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
        struct dj_str bytes;

        DJ_TRY(dj_pack(spill->packer, notes + done, here, err));
        bytes = dj_buf_str(&spill->packer->packed);
        DJ_TRY(dj_fs_pwrite(spill->fd, bytes, spill->end, spill->path, err));
        add_frame(spill, (struct dj_frame){ spill->end, (uint32_t)bytes.len,
                                            (uint32_t)here, dj_hash64(bytes) });
        done += here;
    }
    return DJ_OK;
}

enum dj_status dj_spill_read(struct dj_spill *spill, size_t frame, struct dj_note *into,
                             size_t *count, struct dj_error *err)
{
    const struct dj_frame *here = &spill->frames[frame];
    struct dj_buf *packed = &spill->packer->packed;

    DJ_TRY(dj_fault_at(DJ_FAULT_EXCHANGE_READ, err));
    dj_buf_reset(packed);
    if (dj_buf_reserve(packed, here->bytes) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "%s: no memory for %u bytes", spill->path,
                       here->bytes);
    }
    DJ_TRY(dj_fs_pread(spill->fd, packed->ptr, here->bytes, here->offset, &packed->len,
                       spill->path, err));
    if (packed->len != here->bytes || dj_hash64(dj_buf_str(packed)) != here->hash) {
        return dj_fail(err, DJ_IO,
                       "%s: %u bytes at %lld are not what was written there a while ago: "
                       "is the disk sound?",
                       spill->path, here->bytes, (long long)here->offset);
    }
    *count = here->count;
    return dj_unpack(spill->packer, here->count, into, err);
}
