// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;

/** Who may use whom, and what may be used where. The rooms and their doors, as tests. */
@AnalyzeClasses(packages = "dev.parley", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest static final ArchRule coreUsesNothingOfOurs = room("dev.parley.websocket").mayUse();

  @ArchTest
  static final ArchRule extensionsUseTheCore =
      room("dev.parley.websocket.extension").mayUse("dev.parley.websocket");

  @ArchTest
  static final ArchRule handshakeUsesCoreAndExtensions =
      room("dev.parley.websocket.handshake")
          .mayUse("dev.parley.websocket", "dev.parley.websocket.extension");

  @ArchTest
  static final ArchRule transportKnowsNoWebSocket =
      room("dev.parley.client.transport")
          .mayUse("dev.parley.client.events", "dev.parley.websocket.handshake");

  @ArchTest static final ArchRule eventsKnowNothing = room("dev.parley.client.events").mayUse();

  @ArchTest
  static final ArchRule connectionDoesNotKnowTheApi =
      room("dev.parley.client.connection")
          .mayUse(
              "dev.parley.client.events", "dev.parley.client.transport", "dev.parley.websocket..");

  @ArchTest
  static final ArchRule clientUsesItsOwnRooms =
      room("dev.parley.client").mayUse("dev.parley.client..", "dev.parley.websocket..");

  @ArchTest
  static final ArchRule testkitUsesTheCoreOnly =
      room("dev.parley.testkit..").mayUse("dev.parley.websocket..");

  @ArchTest
  static final ArchRule jacksonUsesThePublicApi =
      room("dev.parley.jackson..").mayUse("dev.parley.client", "dev.parley.websocket..");

  @ArchTest
  static final ArchRule commandLineUsesThePublicApi =
      room("dev.parley.cli..")
          .mayUse(
              "dev.parley.client",
              "dev.parley.client.transport",
              "dev.parley.jackson",
              "dev.parley.testkit",
              "dev.parley.websocket..");

  @ArchTest
  static final ArchRule complianceSharesNoCodeWithWhatItJudges =
      room("dev.parley.compliance").mayUse("dev.parley.testkit");

  @ArchTest
  static final ArchRule complianceDrivesOursThroughThePublicApi =
      room("dev.parley.compliance.ours")
          .mayUse(
              "dev.parley.client",
              "dev.parley.client.transport",
              "dev.parley.compliance",
              "dev.parley.websocket..");

  @ArchTest
  static final ArchRule noPackageCycles =
      slices().matching("dev.parley.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule coreDoesNoInputOrOutput =
      noClasses()
          .that()
          .resideInAPackage("dev.parley.websocket..")
          // Keeps zlib streams for all connections, so it is the one place that threads share.
          .and()
          .doNotHaveFullyQualifiedName("dev.parley.websocket.extension.SharedStreams")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                      "java.io..",
                      "java.net..",
                      "java.nio.channels..",
                      "java.nio.file..",
                      "java.util.concurrent..")
                  .or(ArchitectureTest.named("java.lang.Thread"))
                  .or(ArchitectureTest.named("java.util.Random"))
                  .or(ArchitectureTest.named("java.security.SecureRandom"))
                  .or(ArchitectureTest.named("java.time.Clock")));

  @ArchTest
  static final ArchRule coreReadsNoClock =
      noClasses()
          .that()
          .resideInAPackage("dev.parley.websocket..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis");

  @ArchTest
  static final ArchRule standardStreamsBelongToTheCommandLine =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "dev.parley.cli..", "dev.parley.compliance..", "dev.parley.examples..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule noMethodIsSynchronized =
      methods()
          .should()
          .notHaveModifier(JavaModifier.SYNCHRONIZED)
          .because("a monitor pins virtual threads where it waits; ReentrantLock does not");

  @ArchTest
  static final ArchRule everyPackageIsNullMarked =
      classes()
          .should(
              new ArchCondition<JavaClass>("live in a @NullMarked package") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                    events.add(SimpleConditionEvent.violated(type, type.getName()));
                  }
                }
              });

  @ArchTest
  static void noBlockIsSynchronized(com.tngtech.archunit.core.domain.JavaClasses ours) {
    assertNowhere("/src/main/", "\\bsynchronized\\s*\\(");
  }

  /** What a test waits for it can await; where time itself is meant, a scheduler says so. */
  @ArchTest
  static void noTestSleeps(com.tngtech.archunit.core.domain.JavaClasses ours) {
    assertNowhere("/src/test/", "\\bsleep\\(");
  }

  private static void assertNowhere(String folder, String code) {
    Pattern pattern = Pattern.compile(code);
    assertThat(Repository.files(".java"))
        .filteredOn(file -> file.toString().contains(folder))
        .isNotEmpty()
        .noneMatch(file -> pattern.matcher(Repository.read(file)).find());
  }

  private static com.tngtech.archunit.base.DescribedPredicate<JavaClass> named(String name) {
    return com.tngtech.archunit.base.DescribedPredicate.describe(
        name, type -> type.getName().equals(name));
  }

  private record Room(String packages) {
    /** Everything of ours but the room itself and the given packages is out of bounds. */
    ArchRule mayUse(String... others) {
      return noClasses()
          .that()
          .resideInAPackage(packages)
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.parley..")
                  .and(not(resideInAPackage(packages)))
                  .and(not(resideInAnyPackage(others))));
    }
  }

  private static Room room(String packages) {
    return new Room(packages);
  }
}
