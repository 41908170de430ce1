package investigate_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/snapshot"
)

const (
	alice = "11111111-0000-4000-8000-000000000001"
	bob   = "22222222-0000-4000-8000-000000000002"
)

func people(t *testing.T, manifest string) *snapshot.Snapshot {
	t.Helper()
	snap, err := snapshot.Open(fstest.MapFS{
		"manifest.json": {Data: []byte(manifest)},
		"sections/users.ndjson": {Data: []byte(strings.Join([]string{
			`{"id":"` + alice + `","userPrincipalName":"Alice.Example@contoso.example","displayName":"Alice Example","mail":"alice@mail.example","proxyAddresses":["SMTP:alice@mail.example","smtp:a.example@contoso.example"]}`,
			`{"id":"` + bob + `","userPrincipalName":"bob_fabrikam.example#EXT#@contoso.example","userType":"Guest"}`,
			`{"id":"33333333-0000-4000-8000-000000000003","userPrincipalName":"twin@contoso.example"}`,
			`{"id":"44444444-0000-4000-8000-000000000004","userPrincipalName":"twin@contoso.example"}`,
			`{"id":"55555555-0000-4000-8000-000000000005","userPrincipalName":"carol.jones@contoso.example"}`,
			`{"id":"66666666-0000-4000-8000-000000000006","userPrincipalName":"carol.jones@other.example"}`,
		}, "\n"))},
		"sections/directoryAudits.ndjson": {Data: []byte(`{"id":"a1","activityDateTime":"2026-11-10T08:00:00Z","activityDisplayName":"Delete user","targetResources":[{"id":"99999999-0000-4000-8000-000000000009","type":"User","userPrincipalName":"99999999000040008000000000000009gone@contoso.example"}]}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func TestFind(t *testing.T) {
	whole := people(t, manifest)
	narrowed := people(t, strings.Replace(manifest, `"takenAt"`, `"scope":{"kind":"user","ids":["`+alice+`"]},"takenAt"`, 1))
	denied := people(t, strings.Replace(manifest, `"takenAt"`, `"sections":{"users":{"state":"denied","needs":["User.Read.All"]}},"takenAt"`, 1))
	cases := []struct {
		snap       *snapshot.Snapshot
		name, want string // the id, or what the message has
		near       string
	}{
		{whole, "alice.example@contoso.example", alice, ""},
		{whole, strings.ToUpper(alice), alice, ""},
		{whole, " Alice.Example@Contoso.Example ", alice, ""},
		{whole, "alice@mail.example", alice, ""},
		{whole, "a.example@contoso.example", alice, ""},
		{whole, "bob@fabrikam.example", bob, ""},
		{whole, "bob_fabrikam.example#EXT#@contoso.example", bob, ""},
		{whole, "twin@contoso.example", "2 accounts have this name", "33333333"},
		{whole, "alice.exmaple@contoso.example", "no account", "Alice.Example@contoso.example"},
		{whole, "example.alice@contoso.example", "no account", "Alice.Example@contoso.example"},
		{whole, "carol.jones@third.example", "no account", "carol.jones@contoso.example or carol.jones@other.example"},
		{whole, "alice example", "no account", "Alice.Example@contoso.example"},
		{whole, "gone@contoso.example", "was deleted on 2026-11-10", ""},
		{whole, "99999999-0000-4000-8000-000000000009", "was deleted on 2026-11-10", ""},
		{whole, "zzz", "no account", ""},
		{whole, "", "name a user", ""},
		{narrowed, "carol@contoso.example", "holds only 1 user", ""},
		{denied, "alice.example@contoso.example", "no users (denied, it takes User.Read.All)", ""},
	}
	for _, c := range cases {
		who, err := investigate.Find(t.Context(), c.snap, c.name)
		missing, is := errors.AsType[*investigate.NotFoundError](err)
		switch {
		case err != nil && !is:
			t.Errorf("%q: %v", c.name, err)
		case err == nil && who.ID != c.want:
			t.Errorf("%q: %s, want %s", c.name, who.ID, c.want)
		case is && (!strings.Contains(missing.Why, c.want) || !strings.Contains(missing.Error(), c.near)):
			t.Errorf("%q: %v, want %q and near %q", c.name, missing, c.want, c.near)
		case is && missing.Unread != (c.snap == denied):
			t.Errorf("%q: unread %t", c.name, missing.Unread)
		}
	}
}
