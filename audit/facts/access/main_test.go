package access_test

import (
	stdflag "flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
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

// check holds a property against rounds times the usual number of random cases.
func check(t *testing.T, rounds int, property func(*rapid.T)) {
	seed := stdflag.Lookup("rapid.seed")
	first, err := strconv.ParseUint(seed.Value.String(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	set := func(value uint64) {
		if err := seed.Value.Set(strconv.FormatUint(value, 10)); err != nil {
			t.Fatal(err)
		}
	}
	defer set(first)
	for i := range uint64(rounds) {
		set(first + i<<32) // within a round seeds are not far from one another
		rapid.Check(t, property)
	}
}
