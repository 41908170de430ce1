package catalogue

import (
	"strings"
	"sync"
)

// Activity is a kind of record of the directory audit log.
type Activity struct {
	Name string `json:"name"` // activityDisplayName
	// Service is loggedByService; empty where no source tells.
	Service  string       `json:"service"`
	Category string       `json:"category"`
	Kind     ActivityKind `json:"kind"`
	Meaning  string       `json:"meaning"`
	// ResultReasons are examples; the method is often named only there.
	ResultReasons []string `json:"resultReasons"`
	Source        Source   `json:"-"`
}

// ActivityKind is what an activity did.
type ActivityKind string

const (
	ActivityStarted      ActivityKind = "registration-started"
	ActivityRegistered   ActivityKind = "registered"
	ActivityCancelled    ActivityKind = "cancelled"
	ActivityUpdated      ActivityKind = "updated"
	ActivityReviewed     ActivityKind = "reviewed"
	ActivityDeleted      ActivityKind = "deleted"
	ActivityProvisioning ActivityKind = "provisioning"
	ActivityPassword     ActivityKind = "password"
	ActivityPolicyChange ActivityKind = "policy-change"
	ActivityOath         ActivityKind = "oath"
	ActivityFraud        ActivityKind = "fraud"
)

type activityFile struct {
	origin
	Activities []struct {
		Activity
		SourceKey string `json:"source"`
	} `json:"activities"`
	byName map[string]*Activity
}

var activities = sync.OnceValue(func() *activityFile {
	var f activityFile
	read("activities.json", &f)
	f.byName = make(map[string]*Activity, len(f.Activities))
	for i := range f.Activities {
		a := &f.Activities[i].Activity
		a.Source = f.source(f.Activities[i].SourceKey)
		f.byName[strings.ToLower(a.Name)] = a
	}
	return &f
})

// ActivityOf finds an activity by its activityDisplayName, without regard to
// letter case and surrounding spaces; nil if it is not known. The end of the names
// about passkeys changed over time: one that begins like a known one is taken for
// it and keeps the spelling it came with.
func ActivityOf(displayName string) *Activity {
	name := strings.ToLower(strings.TrimSpace(displayName))
	if a := activities().byName[name]; a != nil {
		return a
	}
	for _, p := range []struct {
		prefix, like string
	}{
		{"add passkey", "add passkey (device-bound)"},
		{"delete passkey", "delete passkey (device-bound)"},
		{"remove passkey", "remove passkey (device-bound)"},
	} {
		if name == p.prefix || strings.HasPrefix(name, p.prefix+" ") {
			like := activities().byName[p.like]
			return &Activity{
				Name: strings.TrimSpace(displayName), Service: like.Service, Category: like.Category, Kind: like.Kind,
				Meaning: "Passkey of a type not known: " + string(like.Kind) + ".", Source: activities().source("GEN"),
			}
		}
	}
	return nil
}
