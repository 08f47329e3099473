package swipestream.workers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The folder is of one process and one user, and what dead processes left is removed. */
class SocketFolderTest {
    @TempDir Path parent;

    @Test
    void onlyItsUserMayEnter() throws IOException {
        Path folder = SocketFolder.make(parent);
        assertEquals(
                "rwx------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
    }

    @Test
    void eachIsNew() throws IOException {
        assertNotEquals(SocketFolder.make(parent), SocketFolder.make(parent));
    }

    @Test
    void itsNameLeavesRoomForALongPath() throws IOException {
        Path folder = SocketFolder.make(parent);
        assertTrue(folder.getFileName().toString().length() <= 25, folder.toString());
    }

    @Test
    void whatADeadProcessLeftIsRemoved() throws IOException {
        Path left = Files.createDirectory(parent.resolve("workers-999999999-0a0a0a"));
        Files.createFile(left.resolve("1"));
        SocketFolder.removeLeftOvers(parent);
        assertFalse(Files.exists(left));
    }

    @Test
    void whatALivingProcessUsesStays() throws IOException {
        Path used = SocketFolder.make(parent);
        Path other = Files.createDirectory(parent.resolve("workers-of-somebody"));
        SocketFolder.removeLeftOvers(parent);
        assertTrue(Files.exists(used));
        assertTrue(Files.exists(other));
    }
}
