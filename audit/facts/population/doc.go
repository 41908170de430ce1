// Package population knows the accounts of a tenant: which ones are people, who
// is in which group, and how to name them cheaply.
//
// Every account gets an ordinal, its position in the order of object ids, so that
// any number of people can be a bitmap. Membership is three-valued: a group that
// was not read to the end has certain members and possible ones, and a group that
// Graph says is gone has none.
package population
