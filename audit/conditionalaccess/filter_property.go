package conditionalaccess

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// deviceProperty is a property that device filters may use [DEV].
type deviceProperty uint8

const (
	_ deviceProperty = iota // so that the zero value is no property
	propDeviceID
	propDisplayName
	propDeviceOwnership
	propEnrollmentProfileName
	propIsCompliant
	propManufacturer
	propMDMAppID
	propModel
	propOperatingSystem
	propOperatingSystemVersion
	propPhysicalIDs
	propProfileType
	propSystemLabels
	propTrustType
	propExtensionAttribute1
	propExtensionAttribute15 = propExtensionAttribute1 + 14
)

var devicePropertyNames = [...]string{
	"", "deviceId", "displayName", "deviceOwnership", "enrollmentProfileName", "isCompliant", "manufacturer", "mdmAppId", "model",
	"operatingSystem", "operatingSystemVersion", "physicalIds", "profileType", "systemLabels", "trustType",
	"extensionAttribute1", "extensionAttribute2", "extensionAttribute3", "extensionAttribute4", "extensionAttribute5",
	"extensionAttribute6", "extensionAttribute7", "extensionAttribute8", "extensionAttribute9", "extensionAttribute10",
	"extensionAttribute11", "extensionAttribute12", "extensionAttribute13", "extensionAttribute14", "extensionAttribute15",
}

// propertyList is the properties as an error message lists them.
func propertyList() string {
	return strings.Join(devicePropertyNames[1:propExtensionAttribute1], ", ") + ", extensionAttribute1 to extensionAttribute15"
}

func (p deviceProperty) String() string { return devicePropertyNames[p] }

// collection tells whether the property holds several strings.
func (p deviceProperty) collection() bool { return p == propPhysicalIDs || p == propSystemLabels }

func (p deviceProperty) extension() bool {
	return p >= propExtensionAttribute1 && p <= propExtensionAttribute15
}

// filterOp is an operator that compares. Odd ones are the negations of those before
// them.
type filterOp uint8

const (
	opEq filterOp = iota
	opNe
	opStartsWith
	opNotStartsWith
	opEndsWith
	opNotEndsWith
	opContains
	opNotContains
	opIn
	opNotIn
)

var filterOpNames = [...]string{"-eq", "-ne", "-startsWith", "-notStartsWith", "-endsWith", "-notEndsWith", "-contains", "-notContains", "-in", "-notIn"}

func (o filterOp) String() string { return filterOpNames[o] }

// negative tells whether the operator is true where its positive counterpart is
// false, null included [DEV].
func (o filterOp) negative() bool { return o&1 == 1 }

func (o filterOp) positive() filterOp { return o &^ 1 }

// filterOpByWord finds an operator by a word in any case. The hyphen may be
// missing: dynamic rules once said so, and rules without it are in use.
func filterOpByWord(word string) (filterOp, bool) {
	word = strings.TrimPrefix(word, "-")
	for i, name := range filterOpNames {
		if strings.EqualFold(name[1:], word) {
			return filterOp(i), true
		}
	}
	return 0, false
}

// foldCase makes strings equal that differ in the case of letters alone, letter by
// letter as strings.EqualFold sees it, so that equality, beginnings and parts
// agree with each other.
func foldCase(s string) string { return strings.Map(foldRune, s) }

func foldRune(r rune) rune {
	least := r
	if r >= utf8.RuneSelf {
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}
