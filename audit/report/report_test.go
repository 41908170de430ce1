package report_test

import (
	"testing"

	"passkeyaudit/audit/report"
)

func TestPlain(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "Ada Łukasz 李", "Ada Łukasz 李"},
		{"emoji", "👩‍💻 Ada", "👩‍💻 Ada"},
		{"colour", "\x1b[31mred\x1b[0m", "\uFFFD[31mred\uFFFD[0m"},
		{"clear-screen", "\x1b[2J\x1b[H", "\uFFFD[2J\uFFFD[H"},
		{"window-title", "\x1b]0;gone\x07", "\uFFFD]0;gone\uFFFD"},
		{"one-byte-csi", "\u009b31m", "\uFFFD31m"},
		{"hyperlink", "\x1b]8;;https://evil.example\x1b\\", "\uFFFD]8;;https://evil.example\uFFFD\\"},
		{"backspaces", "admin\b\b\b\b\bguest", "admin\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDguest"},
		{"carriage-return", "bad\rgood", "bad good"},
		{"line-breaks", "a\nb\r\nc\u2028d\u2029e\u0085f", "a b  c d e\uFFFDf"},
		{"tab", "a\tb", "a b"},
		{"nul-and-delete", "a\x00b\x7f", "a\uFFFDb\uFFFD"},
		{"right-to-left", "exe.\u202etxt\u202c \u2066x\u2069 \u200f", "exe.\uFFFDtxt\uFFFD \uFFFDx\uFFFD \uFFFD"},
		{"invalid-utf8", "a\xff\xfeb", "a\uFFFD\uFFFDb"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := report.Plain(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
