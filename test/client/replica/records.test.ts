import t from 'tap'
import { createRecords, putTodo } from '../../../src/client/replica/records.ts'
import { memoryStorage } from '../../../src/client/replica/storage.ts'
import { todo } from './fake-client.ts'

t.test('what is written while the records are forgotten is not shown', async t => {
  const records = createRecords({
    storage: memoryStorage(),
    userId: 'ada',
    isReplaced: () => false,
    onWritten() {}
  })
  await records.load()
  await records.write([putTodo(todo('a'), 0)])
  t.equal(records.todos().length, 1)
  const write = records.write([putTodo(todo('b'), 0)])
  records.forget()
  await write
  t.strictSame(records.todos(), [])
  t.strictSame([...records.view().todos], [])
})
