// Tries the peers, in a process of its own: native code that does not fit may end it.
import { answerWith } from './harness/apart.js'
import { absentPeers } from './peers/install.js'

answerWith((folder: string) => absentPeers(folder))
