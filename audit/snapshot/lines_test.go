package snapshot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

func TestLinesTolerated(t *testing.T) {
	tests := []struct{ name, text string }{
		{"plain", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n"},
		{"no-last-newline", "{\"id\":\"a\"}\n{\"id\":\"b\"}"},
		{"crlf", "{\"id\":\"a\"}\r\n{\"id\":\"b\"}\r\n"},
		{"blank-lines", "\n{\"id\":\"a\"}\n \t\r\n\n{\"id\":\"b\"}\n\n"},
		{"bom", "\xef\xbb\xbf{\"id\":\"a\"}\n{\"id\":\"b\"}\n"},
		{"spaces", "  { \"id\" : \"a\" }  \n\t{\"id\":\"b\"}\n"},
		{"unknown-members", "{\"x\":{\"y\":[1]},\"id\":\"a\"}\n{\"id\":\"b\",\"@odata.type\":\"#z\"}\n"},
		{"deep-9999", `{"id":"a","x":` + strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999) + "}\n{\"id\":\"b\"}\n"},
		{"huge-numbers", `{"id":"a","x":[1e999999,-0,` + strings.Repeat("9", 5000) + `,0.` + strings.Repeat("0", 5000) + "1]}\n{\"id\":\"b\"}\n"},
		{"escaped-nul-and-escape", `{"id":"a","displayName":"\u0000\u001b[31m"}` + "\n{\"id\":\"b\"}\n"},
		{"pairs-of-surrogates", `{"id":"a","displayName":"\ud83d\ude00"}` + "\n{\"id\":\"b\"}\n"},
		{"long-lines", `{"id":"a","x":"` + strings.Repeat("y", 3*lineBuffer) + "\"}\n{\"id\":\"b\"}\n"},
	}
	for _, tt := range tests {
		for _, file := range []string{"users.ndjson", "users-00001.ndjson.zst"} {
			t.Run(tt.name+"/"+file, func(t *testing.T) {
				text := tt.text
				if strings.HasSuffix(file, ".zst") {
					text = compressed(t, text)
				}
				ids, err := userIDs(t.Context(), mustOpen(t, folder(plainManifest, file, text)))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{"a", "b"}, ids); diff != "" {
					t.Errorf("ids (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestLinesBroken(t *testing.T) {
	const first = "{\"id\":\"a\"}\n"
	tests := []struct {
		name, text string
		line       int
		want       string
	}{
		{"cut-off", first + `{"id":"b`, 2, "ends in the middle"},
		{"cut-off-before-newline", first + "\n{\"id\":\"b\"\n", 3, "ends in the middle"},
		{"invalid-utf8", first + "{\"id\":\"b\xff\"}\n", 2, "UTF-8"},
		{"invalid-utf8-unmodelled", first + "{\"id\":\"b\",\"x\":\"\xff\"}\n", 2, "UTF-8"},
		{"utf16le", "\xff\xfe{\x00}\x00\n\x00", 1, "UTF-16"},
		{"utf16be", "\xfe\xff\x00{\x00}", 1, "UTF-16"},
		{"utf16-without-mark", "{\x00}\x00\n\x00", 1, "invalid character"},
		{"bom-in-the-middle", first + "\xef\xbb\xbf{}\n", 2, "invalid character"},
		{"duplicate-member", first + "{\"id\":\"b\",\"id\":\"c\"}\n", 2, "duplicate"},
		{"duplicate-unmodelled", "{\"id\":\"b\",\"x\":{\"y\":1,\"y\":2}}\n", 1, "duplicate"},
		{"two-values", "{\"id\":\"b\"}{\"id\":\"c\"}\n", 1, "text after the end"},
		{"trailing-comma", first + "{\"id\":\"b\"},\n", 2, "text after the end"},
		{"pretty-printed", "{\n \"id\":\"b\"\n}\n", 1, "ends in the middle"},
		{"nbsp-is-not-space", first + "\u00a0\n", 2, "invalid character"},
		{"wrong-type-then-garbage", "{\"id\":1,\n", 1, "ends in the middle"},
		{"lone-surrogate", first + `{"id":"b","displayName":"\ud83d"}` + "\n", 2, "surrogate"},
		{"lone-low-surrogate", first + `{"id":"b","x":["\udc00"]}` + "\n", 2, "surrogate"},
		{"surrogates-turned-round", first + `{"id":"b","x":"\ude00\ud83d"}` + "\n", 2, "surrogate"},
		{"nul", first + "{\"id\":\"b\x00\"}\n", 2, "invalid character"},
		{"nul-line", first + "\x00\x00\n", 2, "invalid character"},
		{"escape-raw", first + "{\"id\":\"b\",\"displayName\":\"\x1b[31m\"}\n", 2, "invalid character"},
		{"overlong-utf8", first + "{\"id\":\"\xc0\xaf\"}\n", 2, "UTF-8"},
		{"utf8-surrogate", first + "{\"id\":\"\xed\xa0\x80\"}\n", 2, "UTF-8"},
		{"number-spelled-badly", first + "{\"id\":\"b\",\"x\":01}\n", 2, "invalid character"},
		{"not-a-number", first + "{\"id\":\"b\",\"x\":NaN}\n", 2, "invalid character"},
		{"deep-10000", first + `{"id":"b","x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}\n", 2, "depth"},
		{"deep", strings.Repeat(`{"id":`, 100_000) + "\n", 1, "depth"},
		{"too-long", first + `{"id":"` + strings.Repeat("x", 500) + "\"}\n", 2, "longer than 400 bytes"},
		{"too-long-for-buffer", first + `{"id":"` + strings.Repeat("x", 2*lineBuffer) + "\"}\n", 2, "longer than 400 bytes"},
	}
	lim := formatLimits()
	for _, tt := range tests {
		for _, file := range []string{"users.ndjson", "users-00001.ndjson.zst"} {
			t.Run(tt.name+"/"+file, func(t *testing.T) {
				lim.line = formatLimits().line
				if strings.HasPrefix(tt.name, "too-long") {
					lim.line = 400
				}
				text := tt.text
				if strings.HasSuffix(file, ".zst") {
					text = compressed(t, text)
				}
				s, err := open(folder(plainManifest, file, text), lim)
				if err != nil {
					t.Fatal(err)
				}
				_, err = userIDs(t.Context(), s)
				wantBroken(t, err, Users, "sections/"+file, tt.line, tt.want)
				_, err = s.Digest(t.Context())
				wantBroken(t, err, Users, "sections/"+file, tt.line, tt.want)
			})
		}
	}
}

func TestLineLimitIsInclusive(t *testing.T) {
	lim := formatLimits()
	lim.line = len(`{"id":"u0"}`)
	s, err := open(folder(plainManifest, "users.ndjson", userLines(0, 3)), lim)
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := userIDs(t.Context(), s); len(ids) != 3 || err != nil {
		t.Errorf("got %v, %v", ids, err)
	}
}

func TestSingletonBroken(t *testing.T) {
	tests := []struct {
		name, text string
		line       int
		want       string
	}{
		{"empty", "", 0, "empty"},
		{"blank", " \n\n", 0, "empty"},
		{"cut-off", "{\n  \"id\": \"a\",\n  \"displayName\": \"x\n", 3, "invalid character"},
		{"cut-off-at-line-end", "{\n  \"id\": \"a\",\n\n\n", 2, "ends in the middle"},
		{"bad-literal", "{\n  \"id\": \"a\",\n  \"x\": nul\n}\n", 3, "invalid character"},
		{"missing-comma", "{\r\n  \"id\": \"a\"\r\n  \"x\": 1\r\n}\r\n", 3, "after object value"},
		{"duplicate-member", "{\n  \"id\": \"a\",\n  \"x\": 1,\n  \"id\": \"b\"\n}\n", 4, "duplicate"},
		{"invalid-utf8", "{\n  \"id\": \"a\",\n  \"x\": \"\xff\"\n}\n", 3, "UTF-8"},
		{"second-object", "{\n  \"id\": \"a\"\n}\n\n{}\n", 5, "text after the end"},
		{"bom-keeps-lines", "\xef\xbb\xbf{\n\"id\": x}", 2, "invalid character"},
		{"too-large", "{\"id\":\"" + strings.Repeat("x", 500) + "\"}", 0, "larger than 400 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lim := formatLimits()
			lim.line = 400
			s, err := open(folder(plainManifest, "organization.json", tt.text), lim)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = SingletonObject[entra.Organization](t.Context(), s, Organization)
			wantBroken(t, err, Organization, "sections/organization.json", tt.line, tt.want)
		})
	}
}

func TestSingletonPretty(t *testing.T) {
	s := mustOpen(t, folder(plainManifest, "organization.json", "\xef\xbb\xbf{\r\n  \"id\": \"a\"\r\n}\r\n"))
	org, raw, err := SingletonObject[entra.Organization](t.Context(), s, Organization)
	if err != nil || org.ID != "a" || string(raw) != "{\r\n  \"id\": \"a\"\r\n}" {
		t.Errorf("got %v, %q, %v", org, raw, err)
	}
}

// TestLineLimit: a line as long as FORMAT.md allows is read, a longer one is refused
// with its place.
func TestLineLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 128 MiB")
	}
	const limit, frame = 64 << 20, len(`{"id":"a","x":""}`)
	for name, size := range map[string]int{"at-the-limit": limit, "one-more": limit + 1} {
		t.Run(name, func(t *testing.T) {
			text := "{\"id\":\"first\"}\n" + `{"id":"a","x":"` + strings.Repeat("x", size-frame) + "\"}\n"
			ids, err := userIDs(t.Context(), mustOpen(t, folder(plainManifest, "users.ndjson", text)))
			if size == limit {
				if len(ids) != 2 || err != nil {
					t.Errorf("%d rows, %v", len(ids), err)
				}
				return
			}
			wantBroken(t, err, Users, "sections/users.ndjson", 2, "longer than 64 MiB")
		})
	}
}
