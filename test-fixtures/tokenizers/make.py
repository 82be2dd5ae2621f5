"""Makes the tokenizers of this folder and records what Python's libraries do with them.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 transformers==5.24.0 jinja2==3.1.6
    venv/bin/python make.py            # records
    venv/bin/python make.py --train    # trains the tokenizers first: their ids change
"""

import json
import os
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import _compile_jinja_template

HERE = os.path.dirname(os.path.abspath(__file__))
WORDS = (
    "camel desert caravan water hump sand walk carry load token model server request answer prompt cache block route queue pool "
    "prefill decode stream count learn weight layer word letter number city weather rain sun morning evening street bread coffee "
    "the a of to and in is it that for on with as are this be by not or from has have one two three which who when where how why "
    "call function result value name object list string true false null import return class while print def self error"
).split()
OTHERS = [
    "Grüße aus Zürich, schöne Straßen und große Kamele.",
    "Un chameau a deux bosses, un dromadaire n’en a qu’une.",
    "駱駝有兩個駝峰。單峰駱駝只有一個。沙漠裡的水很少。",
    "Верблюд несёт груз через пустыню.",
    "{\"name\": \"weather\", \"arguments\": {\"city\": \"Bern\", \"days\": 3}}",
    "def walk(self, steps):\n    for i in range(steps):\n        self.position += 1\n    return self.position\n",
    "1234567890 3.14159 2026-07-26 100,000",
    "🐫🐪🌵",
]
# Splits at contractions, words with the sign before them, digits by three, signs, lines and spaces
LEVELS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def text():
    chance = random.Random(26)
    for _ in range(4000):
        words = [chance.choice(WORDS) for _ in range(chance.randint(3, 12))]
        yield " ".join(words).capitalize() + chance.choice(".!?") + chance.choice(["", " ", "\n", "\n\n"])
        if chance.random() < 0.2:
            yield chance.choice(OTHERS)


def special(names):
    return [AddedToken(name, special=True, normalized=False) for name in names]


def bytes_tokenizer():
    """Byte-level, as Llama 3 and Qwen have it; a first token that its post-processor adds to plain text."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LEVELS), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    names = ["<|begin|>", "<|end|>", "<|turn|>", "<|head|>", "<|/head|>", "<|picture|>"]
    names += ["<｜%s｜>" % bar for bar in ("User", "Bot", "end", "sep", "call", "/call", "calls", "/calls", "output", "/output", "outputs", "/outputs")]
    tokenizer.train_from_iterator(
        text(),
        trainers.BpeTrainer(
            vocab_size=1200, special_tokens=special(names), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
        ),
    )
    tokenizer.add_tokens([AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin|> $A", special_tokens=[("<|begin|>", tokenizer.token_to_id("<|begin|>"))]
    )
    return tokenizer, {"bos_token": "<|begin|>", "eos_token": "<|end|>"}


def pieces_tokenizer():
    """Pieces that begin with a mark for the space, with bytes for what is unknown, as Llama 2 and Mistral have it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace("’", "'")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    names = ["<unk>", "<s>", "</s>", "[Q]", "[/Q]", "[TOOLS]", "[/TOOLS]", "[CALLS]", "[RESULT]", "[/RESULT]"]
    names += ["<0x%02X>" % byte for byte in range(256)]
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)  # trains by words
    tokenizer.train_from_iterator(text(), trainers.BpeTrainer(vocab_size=1200, special_tokens=names, show_progress=False))
    trained = json.loads(tokenizer.to_str())
    trained["added_tokens"] = []  # the bytes are pieces like others
    tokenizer = Tokenizer.from_str(json.dumps(trained))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.add_special_tokens(special(names[:10]))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def snippets():
    """Renders each snippet with Jinja as transformers sets it."""
    recorded = []
    variables = json.loads(read("snippets.json"))
    for source in variables.pop("snippets"):
        one = {"source": source}
        try:
            one["text"] = _compile_jinja_template(source).render(**variables)
        except Exception as error:
            one["error"] = type(error).__name__ + ": " + str(error)[:80]
        recorded.append(one)
    write("recorded-snippets.json", "[\n" + ",\n".join(json.dumps(one, ensure_ascii=True) for one in recorded) + "\n]\n")
    print(len(recorded), "snippets, of which refused", sum("error" in one for one in recorded))


def write(name, value):
    os.makedirs(os.path.dirname(os.path.join(HERE, name)), exist_ok=True)
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.write(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def train():
    for folder, make, template in (("bytes", bytes_tokenizer, "turns"), ("pieces", pieces_tokenizer, "brackets")):
        tokenizer, named = make()
        write(folder + "/tokenizer.json", json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n")
        write(folder + "/special_tokens_map.json", named)
        config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 131072}
        if folder == "bytes":
            # A token as an object, and the template in a file of its own
            config |= {"bos_token": {"__type": "AddedToken", "content": named["bos_token"], "special": True}, "eos_token": named["eos_token"]}
            write(folder + "/chat_template.jinja", read("templates/%s.jinja" % template))
        else:
            # The tokens of special_tokens_map.json alone, and templates by their names
            config["chat_template"] = [
                {"name": "default", "template": "{{ bos_token }}{% for message in messages %}[Q] {{ message.content }}[/Q]{% endfor %}"},
                {"name": "tool_use", "template": read("templates/%s.jinja" % template)},
            ]
        write(folder + "/tokenizer_config.json", config)


def asked(tokenizer, conversation, template):
    options = dict(conversation.get("variables", {}))
    return dict(
        conversation=conversation["messages"],
        tools=conversation.get("tools"),
        documents=conversation.get("documents"),
        chat_template=template,
        add_generation_prompt=conversation.get("add_generation_prompt", True),
        continue_final_message=conversation.get("continue_final_message", False),
        **options,
    )


def record():
    conversations = json.loads(read("conversations.json"))
    rendered = []
    for folder, templates in (("bytes", ["headers", "turns", "bars", "parts", None]), ("pieces", ["brackets", "parts", None])):
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_file=os.path.join(HERE, folder, "tokenizer.json"), **json.loads(read(folder + "/special_tokens_map.json"))
        )
        if folder == "bytes":
            tokenizer.chat_template = read(folder + "/chat_template.jinja")
        else:
            given = json.loads(read(folder + "/tokenizer_config.json"))["chat_template"]
            tokenizer.chat_template = {one["name"]: one["template"] for one in given}
        for template in templates:
            for name, conversation in conversations.items():
                one = {"tokenizer": folder, "template": template, "conversation": name}
                arguments = asked(tokenizer, conversation, template and read("templates/%s.jinja" % template))
                try:
                    one["text"] = tokenizer.apply_chat_template(tokenize=False, **arguments)
                    one["ids"] = tokenizer(one["text"], add_special_tokens=False)["input_ids"]
                except Exception as error:
                    one["error"] = type(error).__name__ + ": " + str(error)[:80]
                rendered.append(one)
    plain = []
    texts = [message["content"] for one in conversations.values() for message in one["messages"] if isinstance(message.get("content"), str)]
    texts += OTHERS + ["", " ", "  two  spaces  ", "\n\n\n", "a" * 300, "don't WE'LL they're", "\ud83d\udc2b".encode("utf-16", "surrogatepass").decode("utf-16")]
    for folder in ("bytes", "pieces"):
        tokenizer = Tokenizer.from_file(os.path.join(HERE, folder, "tokenizer.json"))
        for one in sorted(set(texts)):
            plain.append({"tokenizer": folder, "text": one, "ids": tokenizer.encode(one).ids})
    write("recorded-chats.json", "[\n" + ",\n".join(json.dumps(one, ensure_ascii=True) for one in rendered) + "\n]\n")
    write("recorded-texts.json", "[\n" + ",\n".join(json.dumps(one, ensure_ascii=True) for one in plain) + "\n]\n")
    failed = [one for one in rendered if "error" in one]
    print(len(rendered), "chats, of which refused", len(failed), ";", len(plain), "texts")
    for one in failed:
        print(one["tokenizer"], one["template"], one["conversation"], one["error"])


if "--train" in sys.argv:
    train()
record()
snippets()
