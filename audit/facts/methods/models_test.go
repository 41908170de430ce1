package methods_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// TestModels: who holds which model, and of whom no model is known.
func TestModels(t *testing.T) {
	const key, upper = `fido2 "aaGuid":"2fc0579f-8113-47ea-b116-bb5a8db9202a"`, `fido2 "aaGuid":"2FC0579F-8113-47EA-B116-BB5A8DB9202A"`
	const other = `fido2 "aaGuid":"ee041bce-25e5-4cdb-8f86-897fd6418464"`
	tenant := base().
		With(snapshot.AuthenticationMethods, listed("a", key, other, "fido2"), listed("b", other), listed("b", upper, "email")).
		With(snapshot.UserRegistrationDetails, reported("a", "fido2"), reported("c", "passKeySynced"))
	run := tenant.Run(t)
	held, dir := factstest.Get(t, run, methods.Models), factstest.Get(t, run, population.Users)
	if got := strings.Join(held.AAGUIDs(), " "); got != yubikey+" "+epass {
		t.Errorf("AAGUIDs %s", got)
	}
	got := []string{
		factstest.Names(dir, held.With(strings.ToUpper(yubikey))), factstest.Names(dir, held.With(epass)),
		factstest.Names(dir, held.With("")), factstest.Names(dir, held.Undisclosed),
	}
	if want := []string{"a b", "a", "", "a c"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}
