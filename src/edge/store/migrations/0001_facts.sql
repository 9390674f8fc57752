-- Facts of runs. Integer ids stand for digests inside the file; digests are SHA-256, 32 bytes.
CREATE TABLE migration (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 BLOB NOT NULL
) STRICT;

-- What replies look like, so that even short bodies compress well. A row never changes.
CREATE TABLE dictionary (
    id INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE call (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    outcome INTEGER NOT NULL,
    numbers BLOB NOT NULL, -- LEB128: HTTP status, attempts, tokens (input, output, cached, reasoning), ns, created (ms)
    codec TEXT NOT NULL,
    message TEXT
) STRICT;

-- Apart from call, so that scans without bodies read few pages. No row: an empty body.
CREATE TABLE body (
    call INTEGER PRIMARY KEY REFERENCES call (id),
    form INTEGER NOT NULL,       -- 0: as received; n > 0: zstd with dictionary n
    size_bytes INTEGER NOT NULL, -- as received
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE unit (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE task (
    unit INTEGER NOT NULL REFERENCES unit (id),
    key BLOB NOT NULL,
    call INTEGER NOT NULL REFERENCES call (id),
    PRIMARY KEY (unit, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    config TEXT NOT NULL,
    prompts TEXT NOT NULL,
    version TEXT NOT NULL,
    created_unix_ms INTEGER NOT NULL,
    state INTEGER NOT NULL,
    n_items INTEGER NOT NULL,
    summary TEXT
) STRICT;

CREATE TABLE item (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    json TEXT NOT NULL,
    image_digest BLOB, -- NULL: an item without image
    problem TEXT,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
    path TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO dictionary (id, bytes) VALUES (1, CAST(
'{"error":{"message":"","type":"invalid_request_error","param":null,"code":"429"}}
{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0,"avgLogprobs":-0.}],"usageMetadata":{"promptTokenCount":,"candidatesTokenCount":,"totalTokenCount":,"promptTokensDetails":[{"modality":"TEXT","tokenCount":},{"modality":"IMAGE","tokenCount":258}],"thoughtsTokenCount":},"modelVersion":"gemini-","responseId":""}
{"id":"msg_01","type":"message","role":"assistant","model":"claude-","content":[{"type":"text","text":""}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":,"service_tier":"standard"}}
"logprobs":{"content":[{"token":"","logprob":-0.0,"bytes":[],"top_logprobs":[{"token":"A","logprob":-0.,"bytes":[65]},{"token":" B","logprob":-1.,"bytes":[32,66]}]}],"refusal":null},
{"choices":[{"finish_reason":"length","index":0,"message":{"role":"assistant","content":""}}],"created":17,"model":"","system_fingerprint":"b1-","object":"chat.completion","usage":{"completion_tokens":,"prompt_tokens":,"total_tokens":},"id":"chatcmpl-","timings":{"cache_n":0,"prompt_n":1,"prompt_ms":1.0,"prompt_per_token_ms":1.0,"prompt_per_second":1.0,"predicted_n":1,"predicted_ms":1.0,"predicted_per_token_ms":1.0,"predicted_per_second":1.0}}
[[A]][[B]][[C]] The image shows a Both answers are Answer A is more accurate and Answer B is better because it is more detailed and correct. What is the color of the What is the main
{"id":"chatcmpl-","object":"chat.completion","created":17,"model":"","choices":[{"index":0,"message":{"role":"assistant","content":"","refusal":null,"annotations":[],"reasoning_content":null,"tool_calls":[]},"logprobs":null,"finish_reason":"stop","stop_reason":null}],"service_tier":"default","system_fingerprint":"fp_","usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":1,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"prompt_logprobs":null}'
AS BLOB));

PRAGMA application_id = 1885693298; -- "peer"
PRAGMA user_version = 1;
