#!/usr/bin/env python3
"""Writes a small vision-language model with random weights: DIR/text.gguf and DIR/mmproj.gguf, about 4 MB together.

    make_random_vlm.py DIR [--seed N] [--letters X] [--name NAME]

A llama text model and an idefics3 vision tower with its projector, in a form that llama.cpp loads like any other. It
knows nothing; what it says depends on every byte of its input, on the pixels of an image too. Its tokens are single
bytes, so a token is a character of ASCII. The same options give the same bytes.

--letters draws the model to the option letters A to D, as a weak model asked a multiple-choice question would be: all
embeddings share one direction, which the layers leave alone and the rows of the letters in the output matrix read. With
0 all tokens are equal.
"""
import argparse
import pathlib

import gguf
import numpy as np

EMBEDDING, LAYERS, HEADS, FEED_FORWARD, CONTEXT = 128, 4, 4, 256, 4096
VISION_EMBEDDING, VISION_LAYERS, VISION_HEADS, VISION_FEED_FORWARD = 96, 3, 4, 192
IMAGE, PATCH, SCALE = 64, 8, 2  # pixels a side; patches are merged SCALE by SCALE in front of the projector
TILE_ROWS = 4  # idefics3 names tiles by row and column
LETTER_GAIN = 3.0
SHARED = 4.0  # what every embedding has along the shared direction, which is dimension 0

BOS, EOS, UNKNOWN = 1, 2, 0  # positions in CONTROL_TOKENS
CONTROL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<fake_token_around_image>", "<global-img>", "<image>"]
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def byte_characters():
    """The printable character by which GPT-2 vocabularies write each byte, indexed by byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in printable]
    return [chr(b) if b in printable else chr(256 + rest.index(b)) for b in range(256)]


def vocabulary():
    """Tokens, their types and the merges: control tokens, all bytes, and the five pairs that have to be one token."""
    tokens = CONTROL_TOKENS + [f"<row_{r}_col_{c}>" for r in range(1, TILE_ROWS + 1) for c in range(1, TILE_ROWS + 1)]
    types = [gguf.TokenType.CONTROL] * len(tokens)
    tokens = tokens + byte_characters()
    pairs = [("\u010a", "\u010a")]  # two line feeds: the server looks this token up when it cuts an image into tiles
    pairs += [("\u0120", letter) for letter in "ABCD"]  # a letter with a space before it
    tokens += [a + b for a, b in pairs]
    types += [gguf.TokenType.NORMAL] * (len(tokens) - len(types))
    return tokens, types, [f"{a} {b}" for a, b in pairs]


def is_letter(token):
    return token.lstrip("\u0120") in tuple("ABCD")


class Weights:
    """Random matrices, drawn in the order in which they are asked for."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)

    def normal(self, *shape, std=None):
        scale = shape[-1] ** -0.5 if std is None else std
        return (self.generator.standard_normal(shape) * scale).astype(np.float32)


def ones(n):
    return np.ones(n, np.float32)


def zeros(n):
    return np.zeros(n, np.float32)


def text_header(writer, name, vocab):
    tokens, types, merges = vocab
    writer.add_name(name)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_pad_token_id(EOS)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def token_matrices(weights, tokens, letters):
    """Embedding and output matrix."""
    embedding = weights.normal(len(tokens), EMBEDDING, std=1.0)
    output = weights.normal(len(tokens), EMBEDDING)
    if letters == 0:
        return embedding, output
    embedding[:, 0] = SHARED
    output[:, 0] = 0
    for i, token in enumerate(tokens):
        if is_letter(token):
            output[i] *= LETTER_GAIN
            output[i, 0] = letters * (1.0 if len(token) == 1 else 0.6) / SHARED
    return embedding, output


def text_layers(writer, weights, letters):
    def into_stream(*shape):
        """A matrix whose result is added to the residual stream, of which it leaves the shared direction alone."""
        matrix = weights.normal(*shape) * 0.5
        if letters != 0:
            matrix[0] = 0
        return matrix

    for i in range(LAYERS):
        block = f"blk.{i}."
        writer.add_tensor(block + "attn_norm.weight", ones(EMBEDDING))
        writer.add_tensor(block + "ffn_norm.weight", ones(EMBEDDING))
        for kind, gain in (("q", 2.0), ("k", 2.0), ("v", 1.0)):
            writer.add_tensor(f"{block}attn_{kind}.weight", weights.normal(EMBEDDING, EMBEDDING) * gain)
        writer.add_tensor(block + "attn_output.weight", into_stream(EMBEDDING, EMBEDDING) * 2)
        writer.add_tensor(block + "ffn_gate.weight", weights.normal(FEED_FORWARD, EMBEDDING))
        writer.add_tensor(block + "ffn_up.weight", weights.normal(FEED_FORWARD, EMBEDDING))
        writer.add_tensor(block + "ffn_down.weight", into_stream(EMBEDDING, FEED_FORWARD))


def write_text(path, name, weights, letters):
    vocab = vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    text_header(writer, name, vocab)
    embedding, output = token_matrices(weights, vocab[0], letters)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", ones(EMBEDDING))
    writer.add_tensor("output.weight", output)
    text_layers(writer, weights, letters)
    finish(writer)


def vision_header(writer, name):
    vision = "clip.vision."
    writer.add_type("mmproj")
    writer.add_name(name + "-mmproj")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "idefics3")
    writer.add_bool("clip.use_gelu", True)
    writer.add_uint32(vision + "image_size", IMAGE)
    writer.add_uint32(vision + "patch_size", PATCH)
    writer.add_uint32(vision + "embedding_length", VISION_EMBEDDING)
    writer.add_uint32(vision + "feed_forward_length", VISION_FEED_FORWARD)
    writer.add_uint32(vision + "block_count", VISION_LAYERS)
    writer.add_uint32(vision + "projection_dim", EMBEDDING)
    writer.add_uint32(vision + "attention.head_count", VISION_HEADS)
    writer.add_float32(vision + "attention.layer_norm_epsilon", 1e-6)
    writer.add_array(vision + "image_mean", [0.5, 0.5, 0.5])
    writer.add_array(vision + "image_std", [0.5, 0.5, 0.5])
    writer.add_uint32(vision + "projector.scale_factor", SCALE)
    writer.add_uint32(vision + "preproc_image_size", IMAGE)


def vision_layers(writer, weights):
    width, hidden = VISION_EMBEDDING, VISION_FEED_FORWARD
    for i in range(VISION_LAYERS):
        block = f"v.blk.{i}."
        for norm in ("ln1", "ln2"):
            writer.add_tensor(f"{block}{norm}.weight", ones(width))
            writer.add_tensor(f"{block}{norm}.bias", zeros(width))
        for name, rows, columns in (("attn_q", width, width), ("attn_k", width, width), ("attn_v", width, width),
                                    ("attn_out", width, width), ("ffn_up", hidden, width), ("ffn_down", width, hidden)):
            writer.add_tensor(f"{block}{name}.weight", weights.normal(rows, columns))
            writer.add_tensor(f"{block}{name}.bias", zeros(rows))


def write_vision(path, name, weights):
    width, colours = VISION_EMBEDDING, 3
    writer = gguf.GGUFWriter(path, "clip")
    vision_header(writer, name)
    pixels = colours * PATCH * PATCH
    writer.add_tensor("v.patch_embd.weight", weights.normal(width, colours, PATCH, PATCH, std=pixels ** -0.5))
    writer.add_tensor("v.patch_embd.bias", zeros(width))
    writer.add_tensor("v.position_embd.weight", weights.normal((IMAGE // PATCH) ** 2, width, std=0.5))
    vision_layers(writer, weights)
    writer.add_tensor("v.post_ln.weight", ones(width))
    writer.add_tensor("v.post_ln.bias", zeros(width))
    writer.add_tensor("mm.model.fc.weight", weights.normal(EMBEDDING, width * SCALE ** 2))
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make(directory, seed=0, letters=8.0, name="tiny-random-vlm"):
    """Writes both files into directory, which is made if missing. Returns their paths: text model, projector."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    text, vision = directory / "text.gguf", directory / "mmproj.gguf"
    weights = Weights(seed)
    write_text(text, name, weights, letters)
    write_vision(vision, name, weights)
    return text, vision


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--letters", type=float, default=8.0, help="pull towards option letters (default 8; 0: none)")
    parser.add_argument("--name", default="tiny-random-vlm")
    options = parser.parse_args()
    for path in make(options.directory, options.seed, options.letters, options.name):
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
