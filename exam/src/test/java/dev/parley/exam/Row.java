// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Tells which rows of the exam a test, or every test of a class, proves. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@interface Row {
  /** The numbers of the rows. */
  int[] value();
}
