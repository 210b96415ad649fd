"""How chat templates are specified: jinja2, set up as Hugging Face Transformers sets it up.

Needs jinja2 >= 3.1.6. Used by make_template_goldens.py and check_templates.py.
"""
import functools
import json
import os
import time
from datetime import datetime

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

NOW = 1753791300  # 2025-07-29 12:15:00 UTC, a Tuesday


class Generation(jinja2.ext.Extension):
    """{% generation %} … {% endgeneration %}: a block with its own scope that prints what it holds."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def environment():
    os.environ["TZ"] = "UTC"
    time.tzset()

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    class Namespace(jinja2.utils.Namespace):
        """A namespace without names that start with an underscore."""

        def __init__(*args, **kwargs):
            self, args = args[0], args[1:]
            attributes = dict(*args, **kwargs)
            for name in attributes:
                Namespace.check(name)
            jinja2.utils.Namespace.__init__(self, attributes)

        def __setitem__(self, name, value):
            Namespace.check(name)
            jinja2.utils.Namespace.__setitem__(self, name, value)

        @staticmethod
        def check(name):
            if isinstance(name, str) and name.startswith("_"):
                raise jinja2.exceptions.SecurityError(name)

    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda format: datetime.fromtimestamp(NOW).strftime(format)
    env.globals["namespace"] = Namespace
    return env


@functools.lru_cache(maxsize=64)
def compiled(env, template):
    return env.from_string(template)


def render(env, template, variables):
    """{"text": …} or {"error": …}."""
    try:
        text = compiled(env, template).render(**variables)
        text.encode("utf-8")
        return {"text": text}
    except RecursionError:
        return {"error": "recursion"}
    except Exception as error:  # whatever a template does wrong
        return {"error": f"{type(error).__name__}: {error}"}


def variables_of(conversation):
    """What apply_chat_template passes for a conversation of src/chat/testdata/conversations.json."""
    variables = {
        "messages": conversation["messages"],
        "tools": conversation.get("tools"),
        "documents": conversation.get("documents"),
        "add_generation_prompt": conversation.get("add_generation_prompt", True),
        "bos_token": "<s>",
        "eos_token": "</s>",
    }
    variables.update(conversation.get("variables", {}))
    return variables
