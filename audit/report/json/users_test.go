package json

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/snapshot"
)

// Lines are written by hand; reflection says what they ought to be.
func TestUsersAsByReflection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := rapid.SliceOfN(rapid.Custom(drawUser), 0, 40).Draw(t, "users")
		var want bytes.Buffer
		for i := range users {
			line, err := json.Marshal(&users[i])
			if err != nil {
				t.Fatal(err)
			}
			want.Write(append(line, '\n'))
		}
		var parts []iter.Seq[readiness.User]
		for part := range slices.Chunk(users, 3) {
			parts = append(parts, slices.Values(part))
		}
		var got bytes.Buffer
		if err := Users(&got, parts); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("got  %s\nwant %s", &got, &want)
		}
	})
}

func drawUser(t *rapid.T) readiness.User {
	text := rapid.SampledFrom([]string{"", "a", `q"\`, "é<&>", "\u2028", "\n", "😀"})
	u := readiness.User{
		Schema: readiness.UserSchema, ID: text.Draw(t, "id"), UserPrincipalName: text.Draw(t, "upn"), Kind: "person",
		Standing: drawStanding(t), Platforms: []readiness.OnPlatform{},
	}
	u.Counted = rapid.Bool().Draw(t, "counted")
	if rapid.Bool().Draw(t, "on trial") {
		u.Enforcement = []readiness.OnTrial{{Policy: text.Draw(t, "policy")}}
	}
	if rapid.Bool().Draw(t, "asked") {
		u.Passkeys = &readiness.Passkeys{Registered: rapid.IntRange(0, 12).Draw(t, "registered"), Usable: 1}
	}
	if rapid.Bool().Draw(t, "out of scope") {
		u.IfInScope = drawStanding(t)
	}
	if rapid.Bool().Draw(t, "loses") {
		u.Recovery = &readiness.Recovery{State: bootstrap.Trapped, Steps: []bootstrap.Step{}, BlockedBy: []bootstrap.Blocker{{Type: bootstrap.PolicyBlocker, ID: text.Draw(t, "blocker")}}}
	}
	for range rapid.IntRange(0, 2).Draw(t, "systems") {
		p := readiness.OnPlatform{OS: devices.Windows, State: bootstrap.SelfService, Evidence: snapshot.Devices}
		if rapid.Bool().Draw(t, "way") {
			p.Credential = bootstrap.KeyCredential
		}
		u.Platforms = append(u.Platforms, p)
	}
	return u
}

func drawStanding(t *rapid.T) *readiness.Standing {
	s := &readiness.Standing{
		State: rapid.SampledFrom(bootstrap.States).Draw(t, "state"), Conditions: []bootstrap.Condition{}, Steps: []bootstrap.Step{bootstrap.IssuePass},
		BlockedBy: []bootstrap.Blocker{}, Reasons: []bootstrap.Reason{}, Missing: []string{}, Confidence: bootstrap.High, Alternatives: []bootstrap.Step{},
	}
	if rapid.Bool().Draw(t, "path") {
		s.Path = &readiness.Path{Credential: bootstrap.KeyCredential, Portable: true, Surface: bootstrap.SecurityInfo, Platform: "windows"}
	}
	if rapid.Bool().Draw(t, "group") {
		s.Group, s.HangsOn = "g", []string{"windowsPasskeys"}
	}
	return s
}

// Nothing is waited for after an error.
func TestUsersStopsAtError(t *testing.T) {
	u := readiness.User{Standing: &readiness.Standing{}}
	parts := slices.Repeat([]iter.Seq[readiness.User]{slices.Values([]readiness.User{u})}, 50)
	full := errors.New("the disk is full")
	if err := Users(refusing{full}, parts); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }
