package activity_test

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
)

// details writes authenticationDetails of steps; a step that begins with ! failed.
func details(steps ...string) string {
	var list []string
	for _, s := range steps {
		word, failed := strings.CutPrefix(s, "!")
		word, result, _ := strings.Cut(word, "|")
		list = append(list, fmt.Sprintf(`{"authenticationMethod":%q,"authenticationStepResultDetail":%q,"succeeded":%t}`, word, result, !failed))
	}
	return `,"authenticationDetails":[` + strings.Join(list, ",") + "]"
}

func TestSteps(t *testing.T) {
	tests := map[string]struct {
		more string
		want string // modes, then what is known of the row
	}{
		"v1.0":               {"", "; not told"},
		"nothing":            {details(), "; told"},
		"password-and-push":  {details("Password", "Mobile app notification|MFA successfully completed"), "password microsoftAuthenticatorPush; told, all"},
		"passkey":            {details("Passkey (device-bound)"), "fido2; told, all"},
		"synced":             {details("Passkey (synced)"), "fido2; told, all"},
		"older-word":         {details("FIDO2 security key"), "fido2; told, all"},
		"satisfied-before":   {details("Password", "Previously satisfied"), "password; told"},
		"claim":              {details("Password|First factor requirement satisfied by claim in the token"), "; told"},
		"failed-step":        {details("!Text message", "Password"), "password; told, all"},
		"several-modes":      {details("Password", "OATH verification code"), "password ?; told"},
		"word-of-the-future": {details("Telepathy"), "; told"},
		"pass":               {details("Temporary Access Pass"), "?; told"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var s entra.SignIn
			if err := entra.Decode(entra.Raw(row("1", 0, day(1), tc.more)), &s); err != nil {
				t.Fatal(err)
			}
			steps, told, all := activity.Steps(&s)
			var modes []string
			for _, step := range steps {
				if step.Mode == "" {
					step.Mode = "?"
				}
				modes = append(modes, step.Mode)
			}
			got := strings.Join(modes, " ") + map[bool]string{true: "; told", false: "; not told"}[told] + map[bool]string{true: ", all"}[all]
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// Of what a person signed in with, the latest of each sort is kept, in whatever order the
// log is. Methods that phishing does not get around are neither.
func TestUsing(t *testing.T) {
	rows := []string{
		row("1", 0, day(1), details("Passkey (device-bound)")), row("2", 0, day(3), details("Password", "Mobile app notification")),
		row("3", 0, day(2), details("Password")), row("4", 0, day(9), details("Windows Hello for Business")),
		row("5", 50074, day(9), details("Password")), row("6", 0, day(8), details("Previously satisfied")),
	}
	for _, order := range []string{"oldest first", "newest first"} {
		l := logOf(t, rows...)
		u := l.Using(0)
		if u.Passkey.Row != "1" || u.Phishable.Row != "2" || u.Phishable.Word != "Mobile app notification" || u.Phishable.Step != 1 || l.MethodsTold != 5 {
			t.Errorf("%s: %+v of %d", order, u, l.MethodsTold)
		}
		for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	if l := logOf(t, row("1", 0, day(1), "")); l.MethodsTold != 0 || l.Using(0) != (activity.Using{}) {
		t.Errorf("v1.0 names no methods: %+v", l.Using(0))
	}
}
