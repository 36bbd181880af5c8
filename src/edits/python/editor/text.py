"""A module's text: where its nodes stand in it, in what style it is written, and the changes of it.

Positions are offsets in characters of the text without its mark of the byte order. Nothing is ever printed from a
tree: what is changed is inserted, or put in the place of a range.
"""
import ast
import io
import re
import sys
import tokenize


class Refused(Exception):
    """Why there is no edit, as the end of "No edit is offered: …"."""


class NotMeant(Refused):
    """Another pattern is meant for such a text, and there is nothing to say."""


LINE_END = re.compile("\r\n|\r|\n")


class Text:
    def __init__(self, data):
        self.data = data
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            self.mark = 3 if encoding == "utf-8-sig" else 0
            self.encoding = "utf-8" if self.mark else encoding
            self.text = data[self.mark:].decode(self.encoding)
            # A tree that is correct is no text that compiles yet.
            compile(data, "<text>", "exec", dont_inherit=True)
            self.tree = ast.parse(self.text)
        except (SyntaxError, ValueError):
            raise Refused("its text is none that its interpreter compiles") from None
        self.starts = [0, *(end.end() for end in LINE_END.finditer(self.text))]
        self.parents = {
            child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)
        }
        self.begin()

    def begin(self):
        """Makes ready for an edit of its own."""
        self.changes = []
        # What an edit has named, imported, and wants to stand where a block ends.
        self.named = set()
        self.imported = {}
        self.at_ends = {}
        self.sets = {}

    def line(self, number):
        """A line by its number, from 1, with its end."""
        after = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1]:after]

    def offset(self, number, column):
        """Where a column stands, which a tree counts in bytes of UTF-8."""
        line = self.line(number)
        if not line.isascii():
            column = len(line.encode()[:column].decode())
        return self.starts[number - 1] + column

    def start(self, node):
        return self.offset(node.lineno, node.col_offset)

    def end(self, node):
        return self.offset(node.end_lineno, node.end_col_offset)

    def code(self, node):
        """The text of an expression."""
        code = self.text[self.start(node):self.end(node)]
        if sys.version_info < (3, 10) and self.is_in_fstring(node):
            raise Refused("this version of Python does not tell where that expression stands")
        try:
            same = ast.dump(ast.parse(f"({code}\n)", mode="eval").body) == ast.dump(load(node))
        except (SyntaxError, ValueError):
            same = False
        if not same:
            raise Refused("where that expression stands is not known for certain")
        return code

    def is_in_fstring(self, node):
        while isinstance(node, ast.expr):
            if isinstance(node, ast.JoinedStr):
                return True
            node = self.parents[node]
        return False

    # Changes.

    def replace(self, start, end, text):
        self.changes.append((start, end, text))

    def insert(self, at, text):
        self.replace(at, at, text)

    def wrap(self, node, before, after):
        if isinstance(node, ast.expr):
            self.code(node)
        self.insert(self.start(node), before)
        self.insert(self.end(node), after)

    def replacements(self):
        """The changes as offsets in bytes, sorted, and their text in bytes."""
        def in_bytes(at):
            return self.mark + len(self.text[:at].encode(self.encoding))

        if self.text.encode(self.encoding) != self.data[self.mark:]:
            raise Refused(f"its encoding, {self.encoding}, has several ways to write one text")
        # What is inserted where something else ends or begins stands in the order in which it was asked for.
        changes = sorted(self.changes, key=lambda change: change[0])
        if any(one[1] > other[0] for one, other in zip(changes, changes[1:])):
            raise Refused("two changes would fall into one place")
        return [(in_bytes(start), in_bytes(end), text.encode(self.encoding)) for start, end, text in changes]

    # Lines, and what stands in them.

    def new_line(self, number):
        """How lines end at a line: as that one does, or as the first of the text."""
        for candidate in (self.line(number), self.text):
            found = LINE_END.search(candidate)
            if found is not None:
                return found.group()
        return "\n"

    def margin(self, node):
        """What stands before a statement in its line, where that is nothing but white space; else None."""
        first = min([node, *getattr(node, "decorator_list", [])], key=lambda one: one.lineno)
        before = self.text[self.starts[first.lineno - 1]:self.start(first)]
        if first is not node:
            before = before.rstrip().removesuffix("@")
        if before.strip(" \t\f") != "":
            return None
        if first.lineno > 1 and self.line(first.lineno - 1).rstrip("\r\n").endswith("\\"):
            return None
        return before

    def ends_line(self, statement):
        """Whether nothing but a comment follows in the line in which a statement ends."""
        end = self.end(statement)
        line_end = LINE_END.search(self.text, end)
        rest = self.text[end:line_end.start() if line_end else len(self.text)]
        return re.fullmatch(r"[ \t\f]*;?[ \t\f]*(#.*)?", rest) is not None

    def unit(self):
        """What one block is indented by, relative to the one that it stands in: as the first block is."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            if not isinstance(body, list) or not isinstance(node, ast.stmt) or not body:
                continue
            outer, inner = self.margin(node), self.margin(body[0])
            if outer is not None and inner is not None and inner.startswith(outer) and inner != outer:
                return inner[len(outer):]
        return "    "

    def quoted(self, words):
        """A string as most are quoted in the text."""
        tokens = tokenize.generate_tokens(io.StringIO(LINE_END.sub("\n", self.text)).readline)
        begins = [token.string.lstrip("rRbBuUfF") for token in tokens if token.type == tokenize.STRING]
        single = sum(one.startswith("'") and not one.startswith("'''") for one in begins)
        double = sum(one.startswith('"') and not one.startswith('"""') for one in begins)
        return f"'{words}'" if single > double else f'"{words}"'

    def block(self, statement):
        """The block that a statement stands in, as a list."""
        parent = self.parents[statement]
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and statement in block:
                return block
        raise Refused("that statement stands in no block")

    def indent(self, statement):
        """What the lines of a statement's block begin with; None where it shares its line with what it belongs to."""
        return self.margin(self.block(statement)[0])

    def add_before(self, statement, *lines):
        margin = self.margin(statement)
        if margin is not None:
            first = min([statement, *getattr(statement, "decorator_list", [])], key=lambda one: one.lineno)
            new_line = self.new_line(first.lineno)
            text = "".join(f"{margin}{line}{new_line}" for line in lines)
            return self.insert(self.starts[first.lineno - 1], text)
        self.check_simple(lines)
        self.insert(self.start(statement), "".join(f"{line}; " for line in lines))

    def add_after(self, statement, *lines):
        indent = self.indent(statement)
        if indent is not None and self.ends_line(statement):
            new_line = self.new_line(statement.end_lineno)
            if statement.end_lineno < len(self.starts):
                text = "".join(f"{indent}{line}{new_line}" for line in lines)
                return self.insert(self.starts[statement.end_lineno], text)
            text = "".join(f"{new_line}{indent}{line}" for line in lines)
            return self.insert(len(self.text), text)
        self.check_simple(lines)
        if isinstance(statement, COMPOUND):
            raise Refused("what it would stand behind shares its line with other statements")
        self.insert(self.end(statement), "".join(f"; {line}" for line in lines))

    @staticmethod
    def check_simple(lines):
        if any(line.endswith(":") or line[:1].isspace() for line in lines):
            raise Refused("the statement shares its line with others")

    def remove_lines(self, statement):
        """Takes away a statement that has its lines for itself."""
        if self.margin(statement) is None or not self.ends_line(statement):
            raise Refused("a statement that would go shares its line with others")
        start, last = self.starts[statement.lineno - 1], statement.end_lineno
        end = self.starts[last] if last < len(self.starts) else len(self.text)
        comment = self.text[self.end(statement):end].strip(" \t\f\r\n;")
        if comment:
            raise Refused("a comment stands behind a statement that would go")
        if end == len(self.text) and LINE_END.search(self.line(last)) is None:
            # A text without a final line end has none afterwards.
            start -= len(self.new_line(statement.lineno - 1)) if statement.lineno > 1 else 0
        self.replace(start, end, "")


COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    *(getattr(ast, name) for name in ("Match", "TryStar") if hasattr(ast, name)),
)


def load(node):
    """An expression as it would be if it were only read."""
    if not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
        return node
    fields = {**dict(ast.iter_fields(node)), "ctx": ast.Load()}
    return type(node)(**fields)
