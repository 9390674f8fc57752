#include "sqlite_store.h"

/* LEB128: seven bits a byte, low ones first, the high bit says that more follow. The order is that of the schema. The
 * last one stands there only when it is more than 0: stores that were written before it existed lack it. */
enum { HTTP_STATUS, ATTEMPTS, INPUT, OUTPUT, CACHED, REASONING, ELAPSED, CREATED, CACHE_WRITTEN, NUMBERS };
#define VARINT_BYTES_MAX 10

size_t pl__call_numbers_pack(const pl_store_call *call, uint8_t ret[PL_CALL_NUMBERS_BYTES_MAX])
{
    const uint64_t numbers[NUMBERS] = {
        [HTTP_STATUS] = (uint32_t)call->http_status,
        [ATTEMPTS] = call->attempts,
        [INPUT] = call->usage.input_tokens,
        [OUTPUT] = call->usage.output_tokens,
        [CACHED] = call->usage.cached_tokens,
        [REASONING] = call->usage.reasoning_tokens,
        [ELAPSED] = call->elapsed_ns,
        [CREATED] = (uint64_t)call->created_unix_ms,
        [CACHE_WRITTEN] = call->usage.cache_written_tokens,
    };
    size_t n = 0;
    size_t count = numbers[CACHE_WRITTEN] > 0 ? NUMBERS : CACHE_WRITTEN;

    for (size_t i = 0; i < count; i++) {
        uint64_t x = numbers[i];
        for (; x >= 0x80; x >>= 7)
            ret[n++] = (uint8_t)(x | 0x80);
        ret[n++] = (uint8_t)x;
    }
    return n;
}

bool pl__call_numbers_unpack(const uint8_t *bytes, size_t n, pl_store_call *ret)
{
    uint64_t numbers[NUMBERS];
    size_t at = 0;

    numbers[CACHE_WRITTEN] = 0;
    for (size_t i = 0; i < NUMBERS && (i < CACHE_WRITTEN || at < n); i++) {
        uint64_t x = 0;
        unsigned shift = 0;
        uint8_t byte;
        do {
            if (at >= n || shift >= 7 * VARINT_BYTES_MAX)
                return false;
            byte = bytes[at++];
            x |= (uint64_t)(byte & 0x7fu) << shift;
            shift += 7;
        } while (byte & 0x80u);
        if (i == CACHE_WRITTEN && x == 0)
            return false;
        numbers[i] = x;
    }
    if (at != n || numbers[HTTP_STATUS] > UINT32_MAX || numbers[ATTEMPTS] > UINT32_MAX)
        return false;
    ret->http_status = (int32_t)(uint32_t)numbers[HTTP_STATUS];
    ret->attempts = (uint32_t)numbers[ATTEMPTS];
    ret->usage.input_tokens = numbers[INPUT];
    ret->usage.output_tokens = numbers[OUTPUT];
    ret->usage.cached_tokens = numbers[CACHED];
    ret->usage.reasoning_tokens = numbers[REASONING];
    ret->usage.cache_written_tokens = numbers[CACHE_WRITTEN];
    ret->elapsed_ns = numbers[ELAPSED];
    ret->created_unix_ms = (int64_t)numbers[CREATED];
    return true;
}
