package access_test

import (
	stdflag "flag"
	"os"
	"testing"
)

// Random tenants are the same in every run unless a seed is given: a failure on one
// machine is a failure on all. Look for new ones with -rapid.seed or -fuzz.
func TestMain(m *testing.M) {
	stdflag.Parse()
	if seed := stdflag.Lookup("rapid.seed"); seed != nil && seed.Value.String() == "0" {
		if err := stdflag.Set("rapid.seed", "20261122"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
