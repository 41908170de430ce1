package bootstrap

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
)

// place is somewhere to sign in from.
type place struct {
	ip      netip.Addr
	country string
	trusted bool
	// countries are those that policies cannot tell from this one; empty where being
	// in a particular country is not assumed.
	countries []string
	cost      int // of being inside
}

// elsewhere is a country that no location names.
const elsewhere = "ZZ"

// mostPlaces bounds how many kinds of trusted places, and of countries, are tried.
const mostPlaces = 8

// placesFor lists places that the locations of a tenant tell apart: first one that
// is in none of them, then one in every combination of IP locations, and one for
// every combination of countries, alone and together.
func placesFor(locations []entra.NamedLocation) []place {
	var ranges []netip.Prefix
	for i := range locations {
		for _, r := range locations[i].IPRanges {
			if p, err := netip.ParsePrefix(r.CIDRAddress); err == nil {
				ranges = append(ranges, p.Masked())
			}
		}
	}
	list := []place{{ip: outside(ranges), country: elsewhere}}
	inside, countries := insides(locations), countriesOf(locations)
	list = append(list, inside...)
	for _, c := range countries {
		list = append(list, place{ip: list[0].ip, country: c.country, countries: c.countries})
		for _, in := range inside {
			in.country, in.countries = c.country, c.countries
			list = append(list, in)
		}
	}
	return list
}

// outside finds an address in none of some ranges; of a tenant whose ranges hold
// every address, any.
func outside(ranges []netip.Prefix) netip.Addr {
	within := func(a netip.Addr) bool {
		return slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Contains(a) })
	}
	tries := []netip.Addr{netip.MustParseAddr("100.64.77.1"), netip.MustParseAddr("2001:db8:ffff:77::1")}
	for _, r := range ranges {
		tries = append(tries, conditionalaccess.LastAddr(r).Next())
	}
	for _, a := range tries {
		if a.IsValid() && !within(a) {
			return a
		}
	}
	return tries[0]
}

// insides are addresses in IP locations, one for every set of locations that holds
// one; trusted ones first.
func insides(locations []entra.NamedLocation) []place {
	seen := map[string]bool{}
	var list []place
	for i := range locations {
		for _, r := range locations[i].IPRanges {
			p, err := netip.ParsePrefix(r.CIDRAddress)
			if err != nil {
				continue
			}
			at := place{ip: p.Masked().Addr(), country: elsewhere, trusted: true, cost: costTrustedPlace}
			signature, isTrusted := membership(locations, at.ip)
			if seen[signature] {
				continue
			}
			seen[signature] = true
			if !isTrusted {
				at.cost++
			}
			list = append(list, at)
		}
	}
	slices.SortStableFunc(list, func(a, b place) int { return cmp.Compare(a.cost, b.cost) })
	return list[:min(len(list), mostPlaces)]
}

func membership(locations []entra.NamedLocation, a netip.Addr) (signature string, trusted bool) {
	var b strings.Builder
	for i := range locations {
		l := &locations[i]
		for _, r := range l.IPRanges {
			if p, err := netip.ParsePrefix(r.CIDRAddress); err == nil && p.Contains(a) {
				b.WriteString(l.ID + " ")
				trusted = trusted || l.IsTrusted != nil && *l.IsTrusted
				break
			}
		}
	}
	return b.String(), trusted
}

// countriesOf divides the countries that locations name into groups that are in the
// same locations.
func countriesOf(locations []entra.NamedLocation) []place {
	in := map[string]string{}
	for i := range locations {
		for _, c := range locations[i].CountriesAndRegions {
			in[strings.ToUpper(c)] += locations[i].ID + " "
		}
	}
	groups := map[string][]string{}
	for c, signature := range in {
		groups[signature] = append(groups[signature], c)
	}
	var list []place
	for _, g := range groups {
		slices.Sort(g)
		list = append(list, place{country: g[0], countries: g})
	}
	slices.SortFunc(list, func(a, b place) int { return cmp.Compare(a.country, b.country) })
	return list[:min(len(list), mostPlaces)]
}
