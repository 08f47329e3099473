package swipestream.workers;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;

/**
 * A folder for the sockets of this process; only its user may enter it.
 *
 * <p>It is made in the folder that the system property {@value #PARENT} names, or else where
 * temporary files go. The path of a socket may have about 100 characters. The name says which
 * process it belongs to, and what a killed process left behind is removed by the next one.
 */
final class SocketFolder {
    static final String PARENT = "swipestream.workers.folder";
    private static final FileAttribute<?> ITS_USER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final String PREFIX = "workers-";
    // A socket's path is limited, so the folder's own must be short.
    private static final int RANDOM_NAMES = 1 << 24;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static Path folder;
    private static int sockets;

    private SocketFolder() {}

    /**
     * Where the next socket goes; the folder is made when it is first needed or was removed.
     *
     * @throws IOException it cannot be made
     */
    static synchronized Path newSocket() throws IOException {
        if (folder == null || !Files.isDirectory(folder)) {
            Path parent = Path.of(System.getProperty(PARENT, System.getProperty("java.io.tmpdir")));
            removeLeftOvers(parent);
            folder = make(parent);
        }
        return folder.resolve(Integer.toString(++sockets));
    }

    /**
     * A new folder in another one.
     *
     * @throws IOException it cannot be made there
     */
    static Path make(Path parent) throws IOException {
        long pid = ProcessHandle.current().pid();
        String name = "%s%d-%06x".formatted(PREFIX, pid, RANDOM.nextInt(RANDOM_NAMES));
        // Fails if somebody else has made it, which anybody can do among temporary files.
        Path made = Files.createDirectory(parent.resolve(name), ITS_USER_ONLY);
        made.toFile().deleteOnExit();
        return made;
    }

    /** Remove the folders of processes that have ended. */
    static void removeLeftOvers(Path parent) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, PREFIX + "*-*")) {
            for (Path folder : found) {
                if (isLeftOver(folder)) {
                    remove(folder);
                }
            }
        }
    }

    private static boolean isLeftOver(Path folder) {
        String[] parts = folder.getFileName().toString().split("-");
        try {
            return ProcessHandle.of(Long.parseLong(parts[1])).isEmpty();
        } catch (NumberFormatException notOurs) {
            return false;
        }
    }

    private static void remove(Path folder) {
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(folder)) {
            for (Path socket : sockets) {
                Files.deleteIfExists(socket);
            }
            Files.deleteIfExists(folder);
        } catch (IOException anotherUsers) {
            // Another user's, or another process is removing it right now.
        }
    }
}
