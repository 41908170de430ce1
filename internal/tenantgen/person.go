package tenantgen

import (
	"strconv"
	"strings"
)

// role is what an account is for.
type role int

const (
	employee role = iota
	contractor
	guest
	room
	service
	syncer
	emergency
)

// account is one account. Everything about it follows from its number.
type account struct {
	n    int
	role role
	id   string

	department *department
	country    *country
	level      level
	// wave is when its department in its country is to get passkeys, 0 to 5: the
	// first two have them.
	wave int

	disabled, synced bool
	// unreported accounts are newer than the registration report.
	unreported bool
	chance     uint64 // bits for what depends on nothing but chance
	held       kit
}

var (
	roleWeights       = weigh(835, 55, 95, 7, 8)
	departmentWeights = weightsOf(departments, func(d department) int { return d.weight })
	countryWeights    = weightsOf(countries, func(c country) int { return c.weight })
	factoryWeights    = weightsOf(countries, func(c country) int {
		if c.works {
			return c.weight
		}
		return 0
	})
	levelWeights = weigh(880, 90, 25, 5)
)

func weightsOf[T any](list []T, of func(T) int) weighted {
	var weights []int
	for _, x := range list {
		weights = append(weights, of(x))
	}
	return weigh(weights...)
}

// account computes the n-th account. The first three are the emergency accounts and
// the one that synchronises; after them comes an administrator, so that every tenant
// has one.
func (t *tenant) account(n int) account {
	place := uint64(n)
	a := account{n: n, id: t.guid(ofID, place), chance: t.draw(ofState, place)}
	switch {
	case n < 2:
		a.role = emergency
	case n == 2:
		a.role = syncer
	case n > 3:
		a.role = role(roleWeights.pick(t.draw(ofKind, place)))
	}
	a.department = &departments[departmentWeights.pick(t.draw(ofDepartment, place))]
	if n == 3 {
		a.department = &departments[9]
	}
	where := countryWeights
	if a.department.name == "Production" {
		where = factoryWeights
	}
	at := where.pick(t.draw(ofCountry, place))
	a.country = &countries[at]
	a.level = level(levelWeights.pick(t.draw(ofLevel, place)))
	a.wave = below(6, t.draw(ofWave, uint64(at), uint64(a.department.name[0])<<8|uint64(a.department.name[1])))
	if a.department.work == technical && a.wave > 3 {
		a.wave -= 3
	}
	if a.role == room || a.role == service {
		a.level = staff
	}
	a.disabled = a.role != emergency && a.role != syncer && n != 3 && a.luck(0, 1000) < 52
	a.synced = (a.role == employee || a.role == contractor) && a.country.region != asia && a.luck(1, 100) < 90
	a.unreported = !a.disabled && a.luck(2, 1000) < 1
	a.held = t.kit(&a)
	return a
}

// luck is a number from 0 to n-1, for the i-th thing that depends on chance.
func (a *account) luck(i, n int) int { return below(n, mix(a.chance+uint64(i))) }

// person tells whether the account is somebody of the company or working for it.
func (a *account) person() bool { return a.role == employee || a.role == contractor }

func (a *account) given() string  { return givenNames[a.luck(10, len(givenNames))] }
func (a *account) family() string { return familyNames[a.luck(11, len(familyNames))] }

func (a *account) displayName() string {
	switch a.role {
	case room:
		return a.country.name + " room " + strconv.Itoa(a.n)
	case service:
		return "Service " + serviceNames[a.luck(12, len(serviceNames))] + " " + strconv.Itoa(a.n)
	case syncer:
		return "On-Premises Directory Synchronization Service Account"
	case emergency:
		return "Emergency access " + strconv.Itoa(a.n+1)
	default:
		return a.given() + " " + a.family()
	}
}

var serviceNames = []string{"backup", "scanner", "erp-export", "label-print", "reporting", "telemetry"}

func (a *account) upn() string {
	number := strconv.Itoa(a.n)
	switch a.role {
	case room:
		return "room-" + strings.ToLower(a.country.code) + "-" + number + "@" + mainDomain
	case service:
		return "svc-" + serviceNames[a.luck(12, len(serviceNames))] + "-" + number + "@" + mainDomain
	case syncer:
		return "Sync_DC01_" + number + "@" + initialDomain
	case emergency:
		return "emergency-access-" + number + "@" + initialDomain
	case guest:
		return a.local() + "_" + a.partner() + "#EXT#@" + initialDomain
	default:
		return a.local() + "@" + a.country.domain
	}
}

func (a *account) local() string {
	return strings.ToLower(a.given()) + "." + strings.ToLower(a.family()) + strconv.Itoa(a.n)
}

func (a *account) partner() string { return partners[a.luck(13, len(partners))] }

// sku is the licence, or empty.
func (a *account) sku() string {
	switch {
	case a.role == room:
		return skuRooms
	case !a.person() || a.disabled:
		return ""
	case a.department.work == frontline || a.role == contractor:
		return skuF3
	case a.department.work == technical || a.level >= manager || a.department.name == "Finance":
		return skuE5
	default:
		return skuE3
	}
}
