package snapshot_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

func tiny() fstest.MapFS {
	return fstest.MapFS{
		"manifest.json": {Data: []byte(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`)},
		"sections/users.ndjson": {Data: []byte(`{"id":"u1","userPrincipalName":"ada@contoso.example"}
{"id":"u2","accountEnabled":"yes"}
`)},
	}
}

// Reading tells apart what is there, what is unreadable and what is missing.
func Example() {
	s, err := snapshot.Open(tiny())
	if err != nil {
		fmt.Println(err)
		return
	}
	for user, err := range snapshot.Objects[entra.User](context.Background(), s, snapshot.Users) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(user.Value.UserPrincipalName)
	}
	fmt.Println(s.Unreadable())
	fmt.Println(s.Status(snapshot.Users).State, s.Status(snapshot.Groups).State)
	// Output:
	// ada@contoso.example
	// [section users, sections/users.ndjson, line 2, object u2: a member has an unexpected type: /accountEnabled cannot be a text]
	// partial notCollected
}

func ExampleVerify() {
	report, err := snapshot.Verify(context.Background(), tiny())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.OK())
	for _, section := range report.Sections {
		for _, problem := range section.Problems {
			fmt.Printf("%s: %s\n", section.ID, problem)
		}
	}
	// Output:
	// false
	// users: sections/users.ndjson, line 2, object u2: a member has an unexpected type: /accountEnabled cannot be a text
}
