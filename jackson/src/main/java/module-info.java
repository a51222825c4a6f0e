// SPDX-License-Identifier: Apache-2.0

/** Messages as objects, by Jackson 3. */
module dev.parley.jackson {
  requires transitive dev.parley.client;
  requires transitive tools.jackson.databind;
  requires static transitive org.jspecify;

  exports dev.parley.jackson;
}
