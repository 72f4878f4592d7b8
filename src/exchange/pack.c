/*
 * Records as they are in files: byte by byte of all of them (first bytes, second bytes,
 * ...), compressed. Fields are 64-bit numbers of which few bytes differ, so this halves
 * hashed records and is four times as fast as compressing them as they stand: about
 * 1.5 GB/s, no less than what a core gives to a file.
 */
#include "dj/stream.h"
#include "exchange/exchange_private.h"

enum { BYTES = sizeof(struct dj_note), LEVEL = 1 };

/* What zstd holds for frames of these sizes at this level, in and out, is less. */
enum { ZSTD_BYTES = 256 << 10, ZSTD_BYTES_A_BYTE = 4 };

size_t dj_packer_most(size_t frame_records)
{
    const size_t frame = frame_records * BYTES;

    return ZSTD_BYTES + (ZSTD_BYTES_A_BYTE + 2) * frame + frame / 128 + 512;
}

size_t dj_packer_memory(const struct dj_packer *packer)
{
    const size_t zstd = ZSTD_BYTES + ZSTD_BYTES_A_BYTE * packer->planes.cap;

    return packer->zstd == NULL ? 0 : zstd + packer->planes.cap + packer->packed.cap;
}

void dj_packer_release(struct dj_packer *packer)
{
    dj_zstd_free(packer->zstd);
    dj_buf_release(&packer->planes);
    dj_buf_release(&packer->packed);
    packer->zstd = NULL;
}

static enum dj_status open_packer(struct dj_packer *packer, size_t count,
                                  struct dj_error *err)
{
    if (packer->zstd == NULL) {
        packer->zstd = dj_zstd_new();
    }
    dj_buf_reset(&packer->planes);
    if (dj_buf_reserve(&packer->planes, count * BYTES) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "no memory to pack %zu records", count);
    }
    return DJ_OK;
}

enum dj_status dj_pack(struct dj_packer *packer, const struct dj_note *notes,
                       size_t count, struct dj_error *err)
{
    const char *bytes = (const char *)notes;
    char *plane;

    DJ_TRY(open_packer(packer, count, err));
    plane = packer->planes.ptr;
    for (size_t byte = 0; byte < BYTES; byte++, plane += count) {
        for (size_t i = 0; i < count; i++) {
            plane[i] = bytes[i * BYTES + byte];
        }
    }
    packer->planes.len = count * BYTES;
    dj_buf_reset(&packer->packed);
    return dj_zstd_compress(packer->zstd, dj_buf_str(&packer->planes), LEVEL,
                            &packer->packed, err);
}

enum dj_status dj_unpack(struct dj_packer *packer, size_t count, struct dj_note *notes,
                         struct dj_error *err)
{
    char *bytes = (char *)notes;
    const char *plane;

    DJ_TRY(open_packer(packer, count, err));
    DJ_TRY(dj_zstd_decompress(packer->zstd, dj_buf_str(&packer->packed), count * BYTES,
                              &packer->planes, err));
    plane = packer->planes.ptr;
    for (size_t byte = 0; byte < BYTES; byte++, plane += count) {
        for (size_t i = 0; i < count; i++) {
            bytes[i * BYTES + byte] = plane[i];
        }
    }
    return DJ_OK;
}
